// SPDX-License-Identifier: Apache-2.0
// operator new and delete of an allocator that has its own: jemalloc, tcmalloc and mimalloc serve
// C++ without malloc being called. Those of libstdc++ and of the program call malloc and are left
// to it, so that every block is recorded once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dbgtrace::hooks::alloc {

// All forms at once: what a form lacks of these arguments stays in registers that nobody reads.
using NewFunction = void* (*)(size_t size, size_t second, size_t third);
using DeleteFunction = void (*)(void* block, size_t second, size_t third);

enum NewForm : uint32_t {
#define NEW(name) kForm##name,
#define DELETE(name)
#include "hooks/alloc/operators.def"
#undef NEW
#undef DELETE
  kNewForms
};
enum DeleteForm : uint32_t {
#define NEW(name)
#define DELETE(name) kForm##name,
#include "hooks/alloc/operators.def"
#undef NEW
#undef DELETE
  kDeleteForms
};

struct Operators {
  NewFunction news[kNewForms];
  DeleteFunction deletes[kDeleteForms];
};

// Where the shims jump to: at first a stand-in that finds the next definition, then either that
// one or, if it is the allocator's own, what counts before it. Thread-safety: yes; threads that
// meet write the same. Signal-safety: yes. Allocates: never itself. Exceptions of the program's
// operator new pass through.
extern constinit Operators g_operators __attribute__((visibility("hidden"), aligned(64)));

// Once the loader is done with the objects of the start. Where the allocator has no operators, the
// shims leave the loader's sight: whoever binds from now on binds as it would without us.
void settle_operators(bool recording);

// The slow ends, which the stand-ins jump to. probe_new: of the first blocks, until it is known
// whether the definition calls malloc after all.
void* slow_new(size_t size, size_t second, size_t third, NewFunction next);
void* probe_new(size_t size, size_t second, size_t third, uint32_t form);
void slow_delete(void* block, size_t second, size_t third, DeleteFunction next);

}  // namespace dbgtrace::hooks::alloc
