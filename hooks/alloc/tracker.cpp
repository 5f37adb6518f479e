// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/tracker.hpp"

#include <unistd.h>

#include "hooks/alloc/metrics.hpp"
#include "hooks/alloc/newcomers.hpp"
#include "hooks/alloc/own_cost.hpp"
#include "hooks/alloc/recorder.hpp"
#include "hooks/alloc/sample_site.hpp"
#include "hooks/alloc/sampling.hpp"
#include "hooks/alloc/thread_memo.hpp"
#include "hooks/attach/wiring.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/os/thread_count.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/threads.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::alloc {

constinit FreeFilter g_free_filter;

using process::g_session;
using ring::Ledger;

namespace {

constinit LiveIndex g_index;
constinit LiveSlots g_slots;

}  // namespace

constinit BlockLedger g_blocks(g_index, g_slots, g_free_filter, g_interval);

namespace {

[[gnu::always_inline]] inline void record_birth(void* start, uint64_t size_bytes, const Hit& hit,
                                                Frame frame, ring::SiteKind kind) {
  const Ledger& ledger = g_session.ledger();
  const Moment moment = this_moment();
  const ring::SiteRef site = site_of(ledger, frame, kind, moment.now_us);
  if (site.site == nullptr) return;
  if (hit.sampled) [[likely]] {
    const auto address = reinterpret_cast<uintptr_t>(start);
    const bool is_mapping = kind == ring::SiteKind::kMapping;
    g_blocks.born(address, site, {moment.now_us, size_bytes, site.id, moment.thread, hit.weight},
                  is_mapping ? ring::LiveState::kMapped : ring::LiveState::kHeld,
                  is_mapping ? Totals::kEstimated : totals_of(hit), moment.threads);
    t_state.last_sample = address;
  } else {
    g_blocks.born_unseen(*site.site, size_bytes, moment);
  }
  note_metrics(ledger, g_session.events(), moment.now_us, !g_session.sandboxed());
  attach::notice_modules(moment.now_us);
  keep_to_budget(moment.now_us);
}

uint32_t live_slots(bool every_allocation) {
  return every_allocation ? LiveIndex::kMaxSlots : uint32_t{1} << 15;
}

uint64_t private_bytes(bool every_allocation) {
  return LiveIndex::bytes_for(live_slots(every_allocation));
}

bool begin_recording(bool every_allocation, uint32_t capacity) {
  if (!g_index.started()) {
    void* memory = os::map_guarded(LiveIndex::bytes_for(capacity), PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (memory == nullptr) return false;
    g_index.start(memory, capacity);
  }
  if (g_index.slots() != capacity) return false;  // a limit changed between fork and here
  g_interval.start(g_session.options().sample_bytes, capacity);
  if (!g_blocks.start(g_session.ledger(), g_session.events())) return false;
  if (every_allocation) g_free_filter.hold_all();
  g_newcomers.forget();
  start_sampling(every_allocation);
  start_memos(every_allocation, g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                                      : stack::SystemCalls::kAllowed);
  return true;
}

void forget_parent() {
  g_index.inherit();
  g_slots.forget();
  stop_counting();
  process::forget_modules();
  forget_memos();
  attach::forget_parent();
}

void forget_recording(bool nobody_inside) {
  stop_counting();
  g_free_filter.hold_none();
  g_slots.forget();
  if (!nobody_inside) {
    g_index.retire();
  } else if (void* memory = g_index.stop(); memory != nullptr) {
    os::unmap_guarded(memory, LiveIndex::bytes_for(g_index.slots()));
  }
  process::forget_modules();
  forget_memos();
}

}  // namespace

// The calling thread has not been in this recording.
void begin_thread(uint64_t now_us) {
  ThreadState& thread = t_state;
  thread.recording = g_session.number();
  thread.thread = static_cast<uint16_t>(
      process::register_thread(g_session.ledger(), now_us, !g_session.sandboxed()));
  g_session.events().write(ring::EventKind::kThreadStart, thread.thread, 0, now_us, 0,
                           thread.thread, 0);
}

// A forked child that records nothing (yet): its index is the parent's, copied.
void forget_unrecorded(uintptr_t address) {
  if (g_session.off()) return g_free_filter.hold_none();  // nor will it ever
  const LiveIndex::Found inherited = g_blocks.find(address);
  if (g_blocks.forget_inherited(inherited, address, os::threads_now()))
    g_session.count_inherited_free();
}

void start_recorder() {
  g_session.set_listener({private_bytes, begin_recording, forget_parent, forget_recording});
  void* find_object = nullptr;
  void* stack_end = nullptr;
  void* single_threaded = nullptr;
  os::Wanted symbols[] = {
      {"_dl_find_object", &find_object},
      {"__libc_stack_end", &stack_end},
      {"__libc_single_threaded", &single_threaded},
  };
  os::find_all(symbols);
  stack::set_dl_find_object(find_object);
  if (stack_end != nullptr) stack::set_main_stack_end(*static_cast<const uintptr_t*>(stack_end));
  os::set_single_threaded(single_threaded);
  g_session.prepare(environ);
  if (!g_session.off()) stack::refresh_objects(stack::SystemCalls::kAllowed);
}

void record_exactly(void* block, uint64_t size_bytes, Frame frame) {
  const OwnCost cost;
  g_blocks.fetch_for_birth(reinterpret_cast<uintptr_t>(block));
  if (g_session.ready_to_record()) [[likely]]
    record_birth(block, size_bytes, {true, ring::kWeightOne, true}, frame, ring::SiteKind::kHeap);
  else if (!g_session.off())
    g_session.count_lost_at_start();
}

void record_block(void* block, uint64_t size_bytes, const Hit& hit, Frame frame) {
  const OwnCost cost;
  if (g_session.ready_to_record()) [[likely]]
    record_birth(block, size_bytes, hit, frame, ring::SiteKind::kHeap);
  else if (!g_session.off())
    g_session.count_lost_at_start();
}

void record_mapping(void* start, uint64_t size_bytes, uint16_t weight, Frame frame) {
  const OwnCost cost;
  if (!g_session.ready_to_record()) return;
  record_birth(start, size_bytes, {true, weight}, frame, ring::SiteKind::kMapping);
}

// A forked child frees a block that its parent allocated.
[[gnu::noinline]] static void forget_inherited(uintptr_t address) {
  if (g_blocks.forget_inherited(g_blocks.find(address), address, os::threads_now()))
    Ledger::add(g_session.ledger().live().inherited_frees, 1);
}

void record_free(void* block, Frame frame) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  if (!g_session.recording_here()) return forget_unrecorded(address);
  // The stack is walked before the block is looked at, so that its entry has time to come.
  const LiveIndex::Guess guess = g_blocks.guess(address);
  if (!guess.may_be_here) [[unlikely]]
    return forget_inherited(address);
  const OwnCost cost;
  const Moment moment = this_moment();
  const ring::SiteRef site =
      site_of(g_session.ledger(), frame, ring::SiteKind::kFreeing, moment.now_us);
  const LiveIndex::Found found = g_blocks.confirm(guess, address);
  if (BlockLedger::is_ours(found)) [[likely]]
    g_blocks.freed(found, address, site, moment);
}

uint16_t mapping_weight(void* start) {
  Block block{};
  const bool known = g_session.recording_here() &&
                     g_blocks.find_mapping(reinterpret_cast<uintptr_t>(start), block);
  return known ? block.weight : 0;
}

void record_unmapping(void* start, uint64_t size_bytes, Frame frame) {
  const auto address = reinterpret_cast<uintptr_t>(start);
  Block block{};
  if (!g_session.recording_here() || !g_blocks.find_mapping(address, block)) return;
  record_free(start, frame);
  if (size_bytes >= block.size_bytes) return;
  // The head was cut off: the rest lives on, with its age.
  block.size_bytes -= size_bytes;
  const ring::SiteRef site{block.site, ring::site_at(g_session.ledger(), block.site)};
  if (site.site == nullptr) return;
  g_blocks.born(address + size_bytes, site, block, ring::LiveState::kMapped, Totals::kEstimated,
                os::threads_now());
}

}  // namespace dbgtrace::hooks::alloc
