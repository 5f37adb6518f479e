// SPDX-License-Identifier: Apache-2.0
// What the black box of a recording holds, decoded: plain values, every count and reference
// checked. Sites, stacks and threads are indexes into the model, no longer slots of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reader/trace/stack.hpp"
#include "ring/crash_layout.hpp"

namespace dbgtrace::reader::trace {

// Bytes that the process had in its memory when it died.
struct CapturedMemory {
  uint64_t address = 0;
  std::vector<std::byte> bytes;
  uint32_t reason = 0;  // ring::MemoryOf; kRegister + n: what register n points to

  uint64_t end() const { return address + bytes.size(); }
};

// A thread that did not crash.
struct CrashThread {
  uint32_t tid = 0;
  std::string name;
  ring::ThreadSource source = ring::ThreadSource::kNone;
  uint64_t sample_us = 0;                 // when its stack was sampled, with kLastSample
  std::vector<uint64_t> registers;        // empty unless it answered
  std::vector<std::byte> floating_point;  // as the kernel saved it
  char state = 0;                         // as in /proc/PID/stat; 0: unknown
  std::optional<uint64_t> system_call;    // that it waits in
  uint64_t blocked_signals = 0;
  Stack stack;
};

// A value that points at, into or close to a block that was sampled.
struct HeapPointer {
  uint64_t value = 0;
  ring::PointerFrom from = ring::PointerFrom::kStackWord;
  uint32_t index = 0;  // of the register, or of the stack word
  bool freed = false;
  uint64_t block_address = 0, block_bytes = 0, birth_us = 0, free_us = 0;
  uint32_t birth_site = 0;                     // index in Trace::sites, 0: unknown
  uint32_t free_stack = 0;                     // index in Trace::stacks, 0: unknown
  uint32_t birth_thread = 0, free_thread = 0;  // indexes in Trace::threads, 0: unknown

  // An empty block has room for the pointer to it.
  bool is_inside() const {
    return value >= block_address && value - block_address < (block_bytes == 0 ? 1 : block_bytes);
  }
};

struct Crash {
  ring::CrashHead head{};  // register_count is within its array, thread_name ends with a zero
  bool head_whole = true;
  Stack stack;  // of the crashing thread
  ring::StackEnd stack_end = ring::StackEnd::kOutermost;
  bool from_call_site =
      false;  // execution stood at a wild address: frame 1 was found on the stack's top
  std::vector<std::byte> floating_point;
  std::vector<CrashThread> threads;    // the others
  std::vector<CapturedMemory> memory;  // by address; ranges may overlap
  std::vector<HeapPointer> pointers;
  std::vector<ring::MallocChunk> chunks;
  ring::CrashStep finished = ring::CrashStep::kNothing;
  uint32_t failed_steps = 0, faults_inside = 0, parts_lost = 0;
  uint32_t threads_seen = 0, threads_silent = 0;
};

struct BlackBox {
  bool present = false;                     // crash capture was on
  std::vector<ring::HandledFault> handled;  // faults that a handler of the program's was given
  std::vector<ring::MinorCrash> minor;  // threads that crashed while the first crash was recorded
  uint32_t minor_lost = 0, vfork_crashes = 0;
  std::map<ring::TextKind, std::string> texts;
  std::optional<Crash> crash;

  // Empty if there is none of that kind.
  std::string text(ring::TextKind kind) const {
    const auto found = texts.find(kind);
    return found == texts.end() ? std::string() : found->second;
  }
};

}  // namespace dbgtrace::reader::trace
