// SPDX-License-Identifier: Apache-2.0
// The C++ exception on account of which std::terminate was called, read from the outside: the
// layouts that the Itanium C++ ABI fixes (type_info, the header before a thrown object) and those
// of the two runtimes, libstdc++ and libc++abi. Nothing of the program's is called but the
// runtime's look-up of the thread's exceptions; every load is guarded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hooks/crash/guarded_reader.hpp"

namespace dbgtrace::hooks::crash {

struct Exception {
  uintptr_t type = 0;    // its std::type_info
  uintptr_t object = 0;  // what was thrown
};

// Only for a thread inside abort() or terminate(), and with no lock of malloc's held: the runtime
// may be one whose thread-local memory is allocated at first use. Signal-safety: then. Allocates:
// not where an exception was ever thrown.
bool find_uncaught(GuardedReader& reader, Exception& exception);

// Both return the number of bytes in `to`, 0 if unknown. Pure but for the loads.
size_t read_type_name(GuardedReader& reader, const Exception& exception,
                      std::span<std::byte> to);  // mangled
// Of std::logic_error, std::runtime_error and what derives from them; of a thrown text itself.
size_t read_what(GuardedReader& reader, const Exception& exception, std::span<std::byte> to);

}  // namespace dbgtrace::hooks::crash
