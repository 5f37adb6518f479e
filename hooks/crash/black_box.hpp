// SPDX-License-Identifier: Apache-2.0
// The black box of this process's recording and the static buffers with which it is written.
#pragma once

#include <cstddef>
#include <span>

#include "ring/black_box_writer.hpp"

namespace dbgtrace::hooks::crash {

// When a recording begins (also a forked child's): writes the empty head, and what the memory
// cgroup says now. Thread-safety: one thread. Signal-safety: yes. Allocates: never.
void begin_black_box();

// Not started where crash capture is off or there was no space.
ring::BlackBoxWriter& black_box();

// For whoever puts a part together; one thread at a time.
std::span<std::byte> stage();

}  // namespace dbgtrace::hooks::crash
