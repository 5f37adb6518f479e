// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/signal_frame.hpp"

#include <cerrno>
#include <cstring>

namespace dbgtrace::reader::attach {
namespace {

// The kernel's struct rt_sigframe of x86-64, up to the mask of the context.
struct Frame {
  uint64_t return_address;
  uint64_t flags, link;
  uint64_t stack_pointer;
  uint32_t stack_flags, padding;
  uint64_t stack_size;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip,
      eflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, trap, old_mask, cr2, vectors;
  uint64_t reserved[8];
  uint64_t mask;
  std::byte info[128];
};
static_assert(sizeof(Frame) == 8 + 304 + 128);

constexpr uint64_t kHasVectors = 1, kKeepsSs = 2, kStrictSs = 4;
// No valid flags: the kernel then leaves the thread's alternate stack as it is.
constexpr uint32_t kNoAlternateStack = 7;

// In the part of the legacy area that is left to software: how much more there is.
struct VectorNote {
  uint32_t magic, extended_bytes;
  uint64_t features;
  uint32_t state_bytes;
  uint32_t padding[7];
};
constexpr size_t kLegacyBytes = 512, kNoteAt = 464;
constexpr uint32_t kFirstMagic = 0x46505853, kLastMagic = 0x46505845;
static_assert(kNoteAt + sizeof(VectorNote) == kLegacyBytes);

// What the kernel leaves in rax for a system call that is to be begun again.
constexpr int64_t kRestart = -512, kRestartNoInterrupt = -513, kRestartNoHandler = -514,
                  kRestartBlock = -516;
constexpr uint64_t kSystemCallBytes = 2;

void begin_system_call_again(Frame& frame, uint64_t number) {
  const auto result = static_cast<int64_t>(frame.rax);
  if (static_cast<int64_t>(number) < 0) return;
  if (result == kRestartBlock) frame.rax = static_cast<uint64_t>(-int64_t{EINTR});
  if (result != kRestart && result != kRestartNoInterrupt && result != kRestartNoHandler) return;
  frame.rax = number;
  frame.rip -= kSystemCallBytes;
}

}  // namespace

SignalFrame make_signal_frame(const user_regs_struct& registers, uint64_t signal_mask,
                              std::span<const std::byte> vectors, uint64_t return_address,
                              uint64_t stack_top) {
  const bool extended = vectors.size() > kLegacyBytes;
  const uint64_t vectors_at = (stack_top - vectors.size() - sizeof(kLastMagic)) & ~uint64_t{63};
  // As at the first instruction of any function: 8 bytes below a multiple of 16.
  const uint64_t frame_at = ((vectors_at - sizeof(Frame)) & ~uint64_t{15}) - 8;
  Frame frame{};
  frame.return_address = return_address;
  frame.flags = kKeepsSs | kStrictSs | (extended ? kHasVectors : 0);
  frame.stack_flags = kNoAlternateStack;
  frame.r8 = registers.r8, frame.r9 = registers.r9, frame.r10 = registers.r10,
  frame.r11 = registers.r11;
  frame.r12 = registers.r12, frame.r13 = registers.r13, frame.r14 = registers.r14,
  frame.r15 = registers.r15;
  frame.rdi = registers.rdi, frame.rsi = registers.rsi, frame.rbp = registers.rbp,
  frame.rbx = registers.rbx;
  frame.rdx = registers.rdx, frame.rax = registers.rax, frame.rcx = registers.rcx,
  frame.rsp = registers.rsp;
  frame.rip = registers.rip, frame.eflags = registers.eflags;
  frame.cs = static_cast<uint16_t>(registers.cs), frame.ss = static_cast<uint16_t>(registers.ss);
  frame.mask = signal_mask;
  frame.vectors = vectors.empty() ? 0 : vectors_at;
  begin_system_call_again(frame, registers.orig_rax);
  SignalFrame result;
  result.address = frame_at;
  result.bytes.resize(stack_top - frame_at);
  std::memcpy(result.bytes.data(), &frame, sizeof(frame));
  std::byte* state = result.bytes.data() + (vectors_at - frame_at);
  std::memcpy(state, vectors.data(), vectors.size());
  if (extended) {
    // ptrace puts the features that the kernel keeps where the note goes.
    VectorNote note{};
    std::memcpy(&note.features, vectors.data() + kNoteAt, sizeof(note.features));
    note.magic = kFirstMagic;
    note.state_bytes = static_cast<uint32_t>(vectors.size());
    note.extended_bytes = note.state_bytes + sizeof(kLastMagic);
    std::memcpy(state + kNoteAt, &note, sizeof(note));
    std::memcpy(state + vectors.size(), &kLastMagic, sizeof(kLastMagic));
  }
  return result;
}

}  // namespace dbgtrace::reader::attach
