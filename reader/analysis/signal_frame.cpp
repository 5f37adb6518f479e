// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/signal_frame.hpp"

#include <signal.h>

#include <cstring>

namespace dbgtrace::reader::analysis {
namespace {

// Offsets in the kernel's ucontext, which siginfo follows.
constexpr size_t kFramePointer = 120, kStackPointer = 160, kPc = 168, kError = 192, kTrap = 200;
constexpr size_t kSignal = 304, kCode = 312, kAddress = 320, kEnd = 328;
constexpr uint64_t kTraps = 32;

bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
}

template <typename T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace

std::optional<SignalFrame> find_signal_frame(const trace::Crash& crash, uint64_t pc) {
  std::optional<SignalFrame> found;
  uint64_t found_at = 0;
  for (const trace::CapturedMemory& memory : crash.memory) {
    const size_t size = memory.bytes.size();
    for (size_t i = (8 - memory.address % 8) % 8; i + kEnd <= size; i += 8) {
      const std::byte* context = memory.bytes.data() + i;
      if (read<uint64_t>(context + kPc) != pc) continue;
      SignalFrame frame;
      frame.signal = read<int>(context + kSignal);
      frame.code = read<int>(context + kCode);
      frame.address = read<uint64_t>(context + kAddress);
      frame.trap = read<uint64_t>(context + kTrap);
      frame.error = read<uint64_t>(context + kError);
      frame.sp = read<uint64_t>(context + kStackPointer);
      frame.frame_pointer = read<uint64_t>(context + kFramePointer);
      if (!is_fault(frame.signal) || frame.code <= 0 || frame.trap >= kTraps) continue;
      if (found && found_at <= memory.address + i) continue;
      found = frame;
      found_at = memory.address + i;
    }
  }
  return found;
}

}  // namespace dbgtrace::reader::analysis
