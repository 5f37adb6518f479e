// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/heap_suspects.hpp"

#include <algorithm>
#include <cstring>

#include "reader/analysis/captured_memory.hpp"
#include "reader/analysis/title_frame.hpp"

namespace dbgtrace::reader::analysis {
namespace {

bool is_library(const trace::Trace& trace, uint64_t pc) {
  const uint64_t now_us = trace.black_box.crash->head.time_us;
  const trace::Module* module = trace::module_at(trace, pc, now_us);
  return module == nullptr || is_runtime_library(module->path) ||
         module->path.find("libdbgtrace") != std::string::npos;
}

// free() and _int_free(), which calls a third one to complain: what the two had in registers, the
// function called by that one has saved first.
constexpr ptrdiff_t kFramesOfCall = 3;
constexpr ptrdiff_t kSavedRegisters = 6;

// What was kept of the stack from an address on, as words: one look-up, however many there are.
std::vector<uint64_t> stack_words(const trace::Crash& crash, uint64_t from) {
  constexpr size_t kMostBytes = 64 << 10;
  const auto bytes = bytes_at(crash, from);
  std::vector<uint64_t> words(std::min(bytes.size(), kMostBytes) / sizeof(uint64_t));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), words.size() * sizeof(uint64_t));
  return words;
}

bool mentions(const std::optional<std::vector<uint64_t>>& words, uint64_t block) {
  return !words || std::binary_search(words->begin(), words->end(), block) ||
         std::binary_search(words->begin(), words->end(), block - kChunkHeaderBytes);
}

trace::HeapPointer pointer_to(const trace::LiveBlock& block, uint64_t value) {
  trace::HeapPointer pointer;
  pointer.value = value;
  pointer.block_address = block.address;
  pointer.block_bytes = block.size_bytes;
  pointer.birth_us = block.birth_us;
  pointer.birth_site = block.site;
  pointer.birth_thread = block.thread;
  return pointer;
}

bool is_of_heap(const trace::LiveBlock& block) { return !block.mapping && !block.torn_down(); }

}  // namespace

std::optional<std::vector<uint64_t>> words_of_library_call(const trace::Trace& trace) {
  const trace::Crash& crash = *trace.black_box.crash;
  const auto& pcs = crash.stack.pcs;
  const auto caller = std::find_if_not(pcs.begin(), pcs.end(),
                                       [&trace](uint64_t pc) { return is_library(trace, pc); });
  if (caller == pcs.begin() || caller == pcs.end()) return std::nullopt;
  const bool arm = trace.header.arch == static_cast<uint32_t>(ring::Arch::kAarch64);
  const uint32_t sp = arm ? ring::kAarch64Sp : ring::kX86Rsp;
  if (sp >= crash.head.register_count) return std::nullopt;
  const std::vector<uint64_t> stack = stack_words(crash, crash.head.registers[sp] & ~uint64_t{7});
  const auto end = std::find(stack.begin(), stack.end(), *caller);
  if (end == stack.end()) return std::nullopt;
  auto begin = stack.begin();
  std::vector<uint64_t> words;
  if (caller - pcs.begin() > kFramesOfCall) {
    // Further in, words of earlier calls lie between those of this one.
    const auto inner = std::find(begin, end, caller[-kFramesOfCall]);
    if (inner != end) begin = inner - std::min(inner - begin, kSavedRegisters);
  } else {
    words.assign(std::begin(crash.head.registers),
                 std::begin(crash.head.registers) + crash.head.register_count);
  }
  words.insert(words.end(), begin, end);
  std::sort(words.begin(), words.end());
  return words;
}

bool is_running_free(const trace::Trace& trace, uint64_t free_us, uint32_t free_stack,
                     uint32_t thread, uint64_t longest_us) {
  const trace::Crash& crash = *trace.black_box.crash;
  if (crash.head.time_us - free_us > longest_us) return false;
  if (thread != 0 && thread < trace.threads.size() && trace.threads[thread].tid != crash.head.tid)
    return false;
  const auto& now = crash.stack.pcs;
  const std::vector<uint64_t> then = trace.stacks[free_stack].pcs;
  if (then.empty()) return (crash.head.flags & ring::kCrashInAllocator) != 0;
  // From the caller of free() on, both are the same call, and what it called is the allocator's. A
  // loop that calls one function after the other, each of which ends by a jump, looks the same but
  // for that.
  const auto called = static_cast<ptrdiff_t>(now.size() - std::min(now.size(), then.size()));
  if (!std::equal(then.rbegin(), then.rend(), now.rbegin(), now.rend() - called)) return false;
  return std::all_of(now.begin(), now.begin() + called,
                     [&trace](uint64_t pc) { return is_library(trace, pc); });
}

std::optional<trace::HeapPointer> block_given(const trace::Trace& trace,
                                              const std::optional<std::vector<uint64_t>>& words) {
  // Of a busy machine, with words printed in between; nothing else was freed by the thread since.
  constexpr uint64_t kLongestCallUs = 1'000'000;
  const trace::Crash& crash = *trace.black_box.crash;
  for (const trace::LiveBlock& block : trace.live) {
    if (block.state == ring::LiveState::kMoving && words && mentions(words, block.address))
      return pointer_to(block, block.address);
  }
  // Whatever this thread freed before its last free was another call.
  const auto newest =
      std::find_if(trace.freed.rbegin(), trace.freed.rend(), [&](const trace::FreedBlock& block) {
        return block.thread != 0 && block.thread < trace.threads.size() &&
               trace.threads[block.thread].tid == crash.head.tid;
      });
  if (newest == trace.freed.rend() || newest->free_site >= trace.sites.size()) return std::nullopt;
  const uint32_t stack = trace.sites[newest->free_site].stack;
  if (!is_running_free(trace, newest->free_us, stack, newest->thread, kLongestCallUs))
    return std::nullopt;
  // A loop that frees many blocks comes here by the same stack each time.
  if (!mentions(words, newest->address)) return std::nullopt;
  trace::HeapPointer pointer;
  pointer.value = pointer.block_address = newest->address;
  pointer.block_bytes = newest->size_bytes;
  pointer.birth_us = newest->birth_us;
  pointer.birth_site = newest->site;
  return pointer;
}

std::optional<trace::HeapPointer> last_block(const trace::Trace& trace, uint64_t low,
                                             uint64_t high) {
  const trace::LiveBlock* last = nullptr;
  for (const trace::LiveBlock& block : trace.live) {
    if (!is_of_heap(block) || block.address < low || block.address >= high) continue;
    if (last == nullptr || block.address > last->address) last = &block;
  }
  if (last == nullptr) return std::nullopt;
  return pointer_to(*last, high);
}

}  // namespace dbgtrace::reader::analysis
