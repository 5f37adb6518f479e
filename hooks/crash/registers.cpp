// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/registers.hpp"

#include <cstring>

namespace dbgtrace::hooks::crash {
namespace {

#if defined(__aarch64__)
constexpr uint32_t kEsrMagic = 0x45535201, kFpsimdMagic = 0x46508001;

struct Record {
  uint32_t magic;
  uint32_t size_bytes;
};

// The records that the kernel appends behind the registers; null if there is none of that magic.
const std::byte* find_record(const ucontext_t& context, uint32_t magic) {
  const auto* begin = reinterpret_cast<const std::byte*>(context.uc_mcontext.__reserved);
  constexpr size_t kBytes = sizeof(context.uc_mcontext.__reserved);
  for (size_t at = 0; at + sizeof(Record) <= kBytes;) {
    Record record;
    std::memcpy(&record, begin + at, sizeof(record));
    if (record.magic == 0 || record.size_bytes < sizeof(record)) return nullptr;
    if (record.magic == magic) return at + record.size_bytes <= kBytes ? begin + at : nullptr;
    at += record.size_bytes;
  }
  return nullptr;
}
#endif

}  // namespace

#if defined(__x86_64__)

uint32_t copy_registers(const ucontext_t& context, uint64_t (&registers)[ring::kMaxRegisters]) {
  constexpr int kOrder[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,    REG_RDI, REG_RBP,
                            REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,    REG_R12, REG_R13,
                            REG_R14, REG_R15, REG_RIP, REG_EFL, REG_CSGSFS, REG_CR2};
  uint32_t count = 0;
  for (const int from : kOrder) {
    registers[count++] = static_cast<uint64_t>(context.uc_mcontext.gregs[from]);
  }
  registers[count++] = reinterpret_cast<uintptr_t>(__builtin_thread_pointer());
  static_assert(sizeof(kOrder) / sizeof(int) + 1 == ring::kX86Registers);
  return count;
}

uint64_t program_counter(const ucontext_t& context) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
}

uint64_t stack_pointer(const ucontext_t& context) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RSP]);
}

uint64_t trap_number(const ucontext_t& context) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_TRAPNO]);
}

uint64_t error_code(const ucontext_t& context) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_ERR]);
}

std::span<const std::byte> floating_point(const ucontext_t& context) {
  constexpr size_t kFxsaveBytes = 512;
  const auto* state = reinterpret_cast<const std::byte*>(context.uc_mcontext.fpregs);
  if (state == nullptr) return {};
  return {state, kFxsaveBytes};
}

#elif defined(__aarch64__)

uint32_t copy_registers(const ucontext_t& context, uint64_t (&registers)[ring::kMaxRegisters]) {
  const auto& machine = context.uc_mcontext;
  uint32_t count = 0;
  for (; count < ring::kAarch64Sp; ++count) registers[count] = machine.regs[count];
  registers[count++] = machine.sp;
  registers[count++] = machine.pc;
  registers[count++] = machine.pstate;
  registers[count++] = machine.fault_address;
  registers[count++] = reinterpret_cast<uintptr_t>(__builtin_thread_pointer());
  return count;
}

uint64_t program_counter(const ucontext_t& context) { return context.uc_mcontext.pc; }

uint64_t stack_pointer(const ucontext_t& context) { return context.uc_mcontext.sp; }

uint64_t trap_number(const ucontext_t&) { return 0; }

uint64_t error_code(const ucontext_t& context) {
  const std::byte* record = find_record(context, kEsrMagic);
  uint64_t value = 0;
  if (record != nullptr) std::memcpy(&value, record + sizeof(Record), sizeof(value));
  return value;
}

std::span<const std::byte> floating_point(const ucontext_t& context) {
  constexpr size_t kFpsimdBytes = 528;
  const std::byte* record = find_record(context, kFpsimdMagic);
  if (record == nullptr) return {};
  return {record, kFpsimdBytes};
}

#endif

uint64_t blocked_signals(const ucontext_t& context) {
  uint64_t mask;
  std::memcpy(&mask, &context.uc_sigmask, sizeof(mask));
  return mask;
}

}  // namespace dbgtrace::hooks::crash
