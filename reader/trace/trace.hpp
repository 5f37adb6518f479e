// SPDX-License-Identifier: Apache-2.0
// The model of a recording that analyses work on: plain values decoded from the file, with every
// damage that was met on the way. Nothing in here points into the file, prints or computes
// verdicts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/trace/crash.hpp"
#include "reader/trace/lifetimes.hpp"
#include "reader/trace/stack_table.hpp"
#include "ring/layout.hpp"
#include "ring/scanner.hpp"

namespace dbgtrace::reader::trace {

struct Damage {
  uint64_t offset_bytes;
  uint64_t size_bytes;  // 0 if unknown
  std::string what;     // one clause: what was expected, what was there
};

struct Module {
  uint64_t start = 0, end = 0, bias = 0;
  uint64_t load_us = 0, unload_us = 0;  // unload_us 0: still loaded
  std::string path, build_id;           // build_id in lower-case hex, may be empty
};

// What became of the blocks of one call stack. Every sum is an estimate where blocks were sampled.
struct Site {
  uint32_t id = 0;       // with the generation of its slot
  bool mapping = false;  // an mmap site: never in heap figures
  bool freeing = false;  // a stack that frees: births are the blocks that it freed
  uint32_t stack = 0;    // index in Trace::stacks; stack 0 is the empty one
  // The recorder's, of the stack's addresses: equal stacks have another one after code was
  // unloaded. 0: unknown.
  uint64_t stack_hash = 0;
  uint64_t first_us = 0;
  ring::BirthTally births{};
  ring::DeathTally deaths{};
  uint64_t temporary = 0, live_bytes = 0, peak_live_bytes = 0, peak_us = 0;
  bool has_history = false;  // the lifetimes of all its blocks are known
  Lifetimes lifetimes;
  std::vector<ring::HistoryPoint> series;  // by time
};

struct LiveBlock {
  uint64_t address = 0, size_bytes = 0, birth_us = 0;
  double weight = 1;
  uint32_t site = 0;  // index in Trace::sites
  uint32_t thread = 0;
  ring::LiveState state = ring::LiveState::kHeld;
  bool mapping = false;  // mmap: no part of the heap

  // Freed after exit() began. It was needed for as long as the program did its work, so it is in
  // every figure of what is live; but whoever lists what was never freed leaves it out.
  bool torn_down() const { return state == ring::LiveState::kTornDown; }
};

// A block that was freed lately.
struct FreedBlock {
  uint64_t address = 0, size_bytes = 0, birth_us = 0, free_us = 0;
  double weight = 1;
  uint32_t site = 0;       // index in Trace::sites
  uint32_t free_site = 0;  // of the stack that freed it, 0: unknown
  uint32_t thread = 0;     // that freed it
};

struct IntervalChange {
  uint64_t time_us = 0, interval_bytes = 0;
  uint32_t cause = 0;  // ring::IntervalCause, or a value that nobody knows
};

struct Event {
  ring::EventKind kind = ring::EventKind::kNone;
  uint64_t sequence = 0;  // of its block
  uint64_t time_us = 0, a = 0, b = 0;
  uint32_t thread = 0, extra = 0;
  double weight = 1;
};

// Where some events lie; EventStream reads them.
struct HistoryBlock {
  ring::SealedRef ref{};  // of an open block: its place in the section and its sequence
  bool open = false;
};

struct Thread {
  uint32_t tid = 0;
  uint64_t start_us = 0, end_us = 0;                 // end_us 0: not seen to end
  uint64_t births = 0, birth_bytes = 0, deaths = 0;  // recorded ones, as they are
  std::string name;
};

struct Trace {
  std::string path;
  uint64_t file_bytes = 0;
  ring::Header header{};  // checked copy; strings in it are NUL-terminated
  bool header_valid = false;
  std::vector<Module> modules;
  StackTable stacks;
  std::vector<Site> sites;  // [0] is "other": no slot found
  std::vector<LiveBlock> live;
  std::vector<FreedBlock> freed;  // the newest frees, oldest first
  std::vector<IntervalChange> interval_changes;
  // Of the heap, from the sums of all threads.
  ring::BirthTally births{};
  ring::DeathTally deaths{};
  std::vector<Thread> threads;            // [0] is "other"
  std::vector<ring::SeriesPoint> series;  // by time, finest level where levels overlap
  std::vector<HistoryBlock> history;      // the blocks whose events are read, no order
  uint64_t gap_bytes = 0;                 // of the ring: damaged, not merely overwritten
  uint64_t torn_events = 0;
  BlackBox black_box;
  std::vector<Damage> damages;

  // Microseconds since start of the newest thing in the file.
  uint64_t end_us() const {
    return header.live.end_us != 0 ? header.live.end_us : header.live.last_us;
  }
};

// The module that pc belonged to at time_us, or null.
const Module* module_at(const Trace& trace, uint64_t pc, uint64_t time_us);

}  // namespace dbgtrace::reader::trace
