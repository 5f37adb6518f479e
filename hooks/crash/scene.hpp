// SPDX-License-Identifier: Apache-2.0
// What the steps of a crash record share. There is one, in static memory: the handler's stack is
// small, and a step that faults is followed by the next one in another frame.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include "hooks/crash/guarded_reader.hpp"
#include "hooks/stack/system_calls.hpp"
#include "ring/black_box_writer.hpp"

namespace dbgtrace::hooks::crash {

struct Scene {
  int signal = 0;
  const siginfo_t* info = nullptr;
  const ucontext_t* context = nullptr;
  uint32_t pid = 0, tid = 0;
  uint32_t flags = 0;  // ring::CrashFlag
  uint64_t time_us = 0;

  uint64_t registers[ring::kMaxRegisters] = {};
  uint32_t register_count = 0;
  uintptr_t pc = 0, sp = 0;
  uintptr_t fault_address = 0;  // 0: none, or null
  bool has_fault_address = false;

  // Frames next to the leaf: code around them is kept, too.
  uintptr_t caller_pc = 0;
  // What of the stack was kept as bytes, or is to be: [low, high).
  uintptr_t stack_low = 0, stack_high = 0;

  uint64_t stack_limit_bytes = 0;  // DBGTRACE_CRASH_STACK; 0: no memory of the program is kept
  bool system_calls = false;
  bool freezes = false;  // the process dies next: other threads may be stopped

  GuardedReader reader;
  ring::BlackBoxWriter* box = nullptr;
  const ring::Ledger* ledger = nullptr;
  std::span<std::byte> stage;  // kMaxPartBytes for whoever puts a part together

  stack::SystemCalls calls() const {
    return system_calls ? stack::SystemCalls::kAllowed : stack::SystemCalls::kForbidden;
  }
  bool in_vfork_child() const { return (flags & ring::kCrashInVforkChild) != 0; }

  bool append(ring::PartKind kind, uint32_t subject, uint64_t address,
              std::span<const std::byte> data) const {
    return box->append(kind, subject, address, data);
  }
  bool append_text(ring::TextKind kind, std::span<const std::byte> text) const {
    return append(ring::PartKind::kText, static_cast<uint32_t>(kind), 0, text);
  }
};

}  // namespace dbgtrace::hooks::crash
