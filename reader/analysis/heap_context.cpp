// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/heap_context.hpp"

#include <algorithm>
#include <set>

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kMostReached = 32;

double seconds_between(uint64_t from_us, uint64_t to_us) {
  return to_us > from_us ? static_cast<double>(to_us - from_us) / 1e6 : 0;
}

using BlockKey = std::pair<uint64_t, uint64_t>;
BlockKey key_of(const trace::HeapPointer& pointer) {
  return {pointer.block_address, pointer.birth_us};
}

std::optional<ring::MallocChunk> chunk_at_fault(const CrashScene& scene) {
  for (const ring::MallocChunk& chunk : scene.crash->chunks) {
    const bool at_fault = chunk.from == static_cast<uint16_t>(ring::PointerFrom::kFaultAddress);
    if (at_fault && scene.fault_address == chunk.value) return chunk;
  }
  return std::nullopt;
}

}  // namespace

ThreadName thread_at(const trace::Trace& trace, uint32_t index) {
  if (index == 0 || index >= trace.threads.size()) return {};
  return {trace.threads[index].tid, trace.threads[index].name};
}

BlockUse describe_block(const trace::Trace& trace, const trace::HeapPointer& pointer,
                        const Resolver& resolver) {
  BlockUse use;
  use.pointer = pointer;
  if (pointer.value < pointer.block_address) {
    use.place = BlockPlace::kBefore;
    use.distance = pointer.block_address - pointer.value;
  } else {
    use.distance = pointer.value - pointer.block_address;
    if (use.distance >= std::max<uint64_t>(1, pointer.block_bytes)) {
      use.place = BlockPlace::kBehind;
      use.distance -= pointer.block_bytes;
    }
  }
  const uint64_t now_us =
      trace.black_box.crash ? trace.black_box.crash->head.time_us : trace.end_us();
  use.age_s = seconds_between(pointer.birth_us, now_us);
  if (pointer.freed) use.freed_ago_s = seconds_between(pointer.free_us, now_us);
  if (pointer.birth_site != 0) use.birth = resolver.resolve(trace.sites[pointer.birth_site].stack);
  if (pointer.free_stack != 0) use.death = resolver.resolve(pointer.free_stack);
  use.birth_thread = thread_at(trace, pointer.birth_thread);
  use.death_thread = thread_at(trace, pointer.free_thread);
  return use;
}

HeapContext heap_context(const trace::Trace& trace, const CrashScene& scene,
                         const CrashVerdict& verdict, const Resolver& resolver) {
  HeapContext context;
  context.exact = scene.exact_heap;
  context.was_exact = trace.header.live.exact_until_us != 0;
  context.interval_bytes = trace.header.live.interval_bytes;
  const auto& chosen = verdict.block ? verdict.block : scene.fault_block;
  if (chosen) context.block = describe_block(trace, *chosen, resolver);
  if (verdict.overrun) context.overrun = describe_block(trace, *verdict.overrun, resolver);
  context.chunk = chunk_at_fault(scene);
  std::vector<trace::HeapPointer> pointers = scene.pointers;
  std::stable_sort(pointers.begin(), pointers.end(), [](const auto& a, const auto& b) {
    return a.from != b.from ? a.from < b.from : a.index < b.index;
  });
  // A value that lies in one block says nothing about the one next to it.
  std::set<uint64_t> inside;
  for (const trace::HeapPointer& pointer : pointers) {
    if (pointer.is_inside()) inside.insert(pointer.value);
  }
  std::erase_if(pointers, [&inside](const trace::HeapPointer& pointer) {
    return !pointer.is_inside() && inside.count(pointer.value) != 0;
  });
  std::set<BlockKey> seen;
  if (chosen) seen.insert(key_of(*chosen));
  for (const trace::HeapPointer& pointer : pointers) {
    if (!seen.insert(key_of(pointer)).second) continue;
    if (context.reached.size() < kMostReached) {
      context.reached.push_back(describe_block(trace, pointer, resolver));
    } else {
      ++context.left_out;
    }
  }
  return context;
}

}  // namespace dbgtrace::reader::analysis
