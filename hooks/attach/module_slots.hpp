// SPDX-License-Identifier: Apache-2.0
// The slots through which a loaded module calls functions of others: its relocations by name.
#pragma once

#include <link.h>

#include <cstdint>

#include "hooks/attach/shim_table.hpp"

namespace dbgtrace::hooks::attach {

// What the loader says of a module, copied.
struct LoadedModule {
  uintptr_t address = 0;  // of the list's entry
  uintptr_t bias = 0;
  uintptr_t dynamic = 0;
  uintptr_t next = 0;
  uintptr_t previous = 0;
};
bool read_module(uintptr_t address, LoadedModule& module);

// Calls found(slot, value, shim) for each slot of the module that holds the original of a shim, or
// has not been bound yet to one. Its memory may go away meanwhile. Thread-safety: one thread at a
// time. Signal-safety: yes. Allocates: never.
using FoundSlot = void (*)(void* context, uintptr_t slot, uintptr_t value, const Shim& shim);
void find_slots(const LoadedModule& module, const ShimTable& shims, FoundSlot found, void* context);

}  // namespace dbgtrace::hooks::attach
