// SPDX-License-Identifier: Apache-2.0
// What the kernel lays on the stack below a signal handler: siginfo and the registers of what was
// interrupted. A program that handles a fault, prints a report and then aborts (a JVM, for one) has
// it there still, however many faults its handler took and survived meanwhile.
#pragma once

#include <cstdint>
#include <optional>

#include "reader/trace/crash.hpp"

namespace dbgtrace::reader::analysis {

struct SignalFrame {
  int signal = 0, code = 0;
  uint64_t address = 0;  // si_addr
  uint64_t trap = 0, error = 0;
  uint64_t sp = 0, frame_pointer = 0;
};

// The frame of a fault (not of a signal that was sent) at this instruction, of x86-64, in the bytes
// that the record kept of the stack; the innermost if there are several.
std::optional<SignalFrame> find_signal_frame(const trace::Crash& crash, uint64_t pc);

}  // namespace dbgtrace::reader::analysis
