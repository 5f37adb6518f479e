// SPDX-License-Identifier: Apache-2.0
// operator new and delete, by the names that the linker knows: each one jump. See
// hooks/alloc/operators.hpp for where to.
#include <stddef.h>

#include "hooks/alloc/operators.hpp"
#include "preload/exported.hpp"

using dbgtrace::hooks::alloc::g_operators;

#define NEW(name)                                                                      \
  DBGTRACE_EXPORT void* name(size_t size, size_t second, size_t third) {               \
    return g_operators.news[dbgtrace::hooks::alloc::kForm##name](size, second, third); \
  }
#define DELETE(name)                                                                       \
  DBGTRACE_EXPORT void name(void* block, size_t second, size_t third) {                    \
    return g_operators.deletes[dbgtrace::hooks::alloc::kForm##name](block, second, third); \
  }
#include "hooks/alloc/operators.def"
