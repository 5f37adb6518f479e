// SPDX-License-Identifier: Apache-2.0
// A crash as the rules look at it: what the kernel said, put right where the kernel can't say it
// (the address of a non-canonical access, the fault behind a handler that raised its signal again),
// beside the stack with names, the address space and the heap blocks in reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/instruction.hpp"
#include "reader/analysis/memory_map.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class Access { kUnknown, kRead, kWrite, kExecute };
const char* name_of(Access access);  // "read", "write", "exec"; "" for unknown

struct CrashScene {
  ring::Arch arch = ring::Arch::kX86_64;
  int signal = 0, code = 0;  // of the cause, see `reraised`
  bool sent = false;         // by a process, rather than caused by an instruction
  bool by_itself = false;    // sent by the process itself
  int sender_pid = 0;
  // The signal is the one that a handler of the program's was given; the handler then raised
  // death_signal. Registers are not those of the fault then, and are not there.
  bool reraised = false;
  int death_signal = 0;

  std::optional<uint64_t> fault_address;
  bool address_computed = false;  // by the instruction: the kernel does not tell it
  Access access = Access::kUnknown;
  uint64_t trap = 0;
  uint64_t pc = 0;
  std::optional<uint64_t> sp, frame_pointer;
  std::vector<uint64_t> registers;
  std::optional<Instruction> instruction;
  uint64_t stack_low = 0, stack_high = 0, alternate_low = 0, alternate_high = 0;
  uint32_t flags = 0;  // ring::CrashFlag

  ResolvedStack stack;
  size_t crash_frame = 0;  // index in stack.frames of where it happened
  MemoryMap map;

  std::string abort_message, exception_type, exception_what;
  std::optional<uint64_t> system_call;  // of SIGSYS

  // Of the record, but the block that free() was just given is live here: to the program it is,
  // until free() returns.
  std::vector<trace::HeapPointer> pointers;
  // The block that the fault address belongs to, if one is known.
  std::optional<trace::HeapPointer> fault_block;
  bool exact_heap = false;  // every allocation was recorded
  // Where the C library's code was at work: the words that its call has on the stack, and the live
  // block that free() or realloc() was given by it.
  std::optional<std::vector<uint64_t>> call_words;
  std::optional<trace::HeapPointer> given;
  // Live blocks, with the address below which they are the last one: that of `given`, of the
  // fault, and the end of the heap. None of them if too far away.
  std::optional<trace::HeapPointer> before_given, before_fault, last_of_heap;
  const trace::Crash* crash = nullptr;

  const symbols::Frame* frame() const {
    return crash_frame < stack.frames.size() ? &stack.frames[crash_frame] : nullptr;
  }
  const symbols::Frame* innermost() const {
    return stack.frames.empty() ? nullptr : &stack.frames.front();
  }
};

// trace.black_box.crash must be there; the scene refers to it.
CrashScene scene_of(const trace::Trace& trace, const Resolver& resolver);

// Of two blocks in reach of one value, which it rather belongs to: one that it lies in; of two that
// had the same place the live one, or the later.
bool explains_better(const trace::HeapPointer& a, const trace::HeapPointer& b);

// An address that no program can have on x86-64, and none that the kernel names in a fault.
bool is_canonical(uint64_t address);

// Names of the registers in the order of the record.
std::vector<const char*> register_names(ring::Arch arch);

}  // namespace dbgtrace::reader::analysis
