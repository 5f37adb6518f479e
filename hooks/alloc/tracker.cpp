// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/tracker.hpp"

#include <unistd.h>

#include "hooks/alloc/block_ledger.hpp"
#include "hooks/alloc/metrics.hpp"
#include "hooks/alloc/own_cost.hpp"
#include "hooks/alloc/sample_site.hpp"
#include "hooks/alloc/thread_memo.hpp"
#include "hooks/crash/alt_stack.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/threads.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::alloc {

constinit FreeFilter g_free_filter;
thread_local constinit ThreadState t_state __attribute__((tls_model("initial-exec"))) = {};

namespace {

using process::g_session;
using process::SessionState;
using ring::Ledger;

constexpr uint64_t kNever = uint64_t{1} << 62;  // a countdown that no program reaches

constinit LiveIndex g_index;
constinit Interval g_interval;
constinit BlockLedger g_blocks(g_index, g_free_filter, g_interval);
constinit std::atomic<uint64_t>* g_index_memory = nullptr;

uint32_t this_thread(uint64_t now_us) {
  ThreadState& thread = t_state;
  if (thread.recording != g_session.number()) {
    thread.recording = g_session.number();
    thread.thread = process::register_thread(g_session.ledger(), now_us, !g_session.sandboxed());
    g_session.events().write(ring::EventKind::kThreadStart, thread.thread, 0, now_us, 0,
                             thread.thread, 0);
  }
  return thread.thread;
}

void draw(ThreadState& thread) {
  const uint64_t in_force = g_interval.bytes();
  thread.interval_bytes = in_force != 0 ? in_force : g_session.options().sample_bytes;
  thread.countdown =
      thread.interval_bytes <= 1 ? 0 : draw_distance(thread.random, thread.interval_bytes);
}

void record_birth(void* start, uint64_t size_bytes, uint16_t weight, Frame frame,
                  ring::SiteKind kind) {
  const Ledger& ledger = g_session.ledger();
  const uint64_t now_us = g_session.now_us();
  const uint32_t thread = this_thread(now_us);
  const ring::SiteRef site = site_of(ledger, frame, kind, now_us);
  if (site.site == nullptr) return;
  const auto address = reinterpret_cast<uintptr_t>(start);
  g_blocks.born(address, site, {now_us, size_bytes, site.id, thread, weight});
  t_state.last_sample = address;
  if (auto* entry = ledger.entry<ring::Thread>(ring::SectionKind::kThreads, thread)) {
    std::atomic_ref<uint32_t>(entry->sample_count).fetch_add(1, std::memory_order_relaxed);
  }
  note_metrics(ledger, g_session.events(), now_us, !g_session.sandboxed());
}

bool begin_recording(bool every_allocation, uint32_t capacity) {
  if (g_index_memory == nullptr) {
    g_index_memory = static_cast<std::atomic<uint64_t>*>(
        os::map_guarded(uint64_t{capacity} * 8, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1));
    if (g_index_memory == nullptr) return false;
    g_index.start(g_index_memory, capacity);
  }
  if (g_index.capacity() != capacity) return false;  // a limit changed between fork and here
  g_interval.start(every_allocation ? 1 : g_session.options().sample_bytes, capacity);
  g_blocks.start(g_session.ledger(), g_session.events());
  start_memos(every_allocation, g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                                      : stack::SystemCalls::kAllowed);
  return true;
}

void forget_parent() {
  g_index.next_generation();
  process::forget_modules();
  forget_memos();
}

// Never sampled again in a process that does not record.
Hit pass_for_ever() {
  t_state.countdown = kNever;
  return {false, 0};
}

}  // namespace

void start_recorder() {
  g_session.set_listener({begin_recording, forget_parent});
  stack::set_dl_find_object(os::find_anywhere("_dl_find_object"));
  if (const auto* end = static_cast<void* const*>(os::find_anywhere("__libc_stack_end"))) {
    stack::set_main_stack_end(reinterpret_cast<uintptr_t>(*end));
  }
  g_session.prepare(environ);
  if (!g_session.off()) stack::refresh_objects(stack::SystemCalls::kAllowed);
}

Hit take_hit(uint64_t size_bytes) {
  ThreadState& thread = t_state;
  if (g_session.state() == SessionState::kUnborn) {
    start_recorder();
    // Libc is not ready: the next call asks again.
    if (g_session.state() == SessionState::kUnborn) return {false, 0};
  }
  if (thread.interval_bytes == 0) crash::give_alternate_stack();
  if (g_session.off() || !g_session.records_allocations()) return pass_for_ever();
  if (thread.interval_bytes == 0) {
    // A thread's first request meets a drawn countdown like any other; always sampling it would
    // favour short threads. Nor does it start the recording: a process that is never sampled leaves
    // no file.
    thread.random.seed(g_session.salt() ^ reinterpret_cast<uintptr_t>(&thread) ^ os::cycles());
    draw(thread);
    if (size_bytes < thread.countdown) {
      thread.countdown -= size_bytes;
      return {false, 0};
    }
  }
  const OwnCost cost;
  const bool ready = g_session.ready_to_record();
  if (g_session.off()) return pass_for_ever();
  if (!ready) {
    g_session.count_lost_at_start();
    return {false, 0};
  }
  const uint64_t interval_bytes = thread.interval_bytes;
  draw(thread);
  if (size_bytes == 0 && interval_bytes > 1) return {false, 0};
  return {true, sample_weight(size_bytes, interval_bytes)};
}

void record_block(void* block, uint64_t size_bytes, uint16_t weight, Frame frame) {
  const OwnCost cost;
  if (!g_session.ready_to_record()) return;
  record_birth(block, size_bytes, weight, frame, ring::SiteKind::kHeap);
}

void record_mapping(void* start, uint64_t size_bytes, uint16_t weight, Frame frame) {
  const OwnCost cost;
  if (!g_session.ready_to_record()) return;
  record_birth(start, size_bytes, weight, frame, ring::SiteKind::kMapping);
}

void record_free(void* block) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  if (!g_session.recording_here()) {
    // A forked child that records nothing (yet): its index is the parent's, copied.
    if (g_blocks.forget_inherited(address)) g_session.count_inherited_free();
    return;
  }
  const uint64_t now_us = g_session.now_us();
  if (g_blocks.freed(address, now_us, t_state.recording == g_session.number() ? t_state.thread : 0))
    return;
  if (g_blocks.forget_inherited(address)) Ledger::add(g_session.ledger().live().inherited_frees, 1);
}

Resize::Resize(void* block, uint64_t new_bytes, uint64_t old_usable_bytes)
    : block_(block), new_bytes_(new_bytes), slot_(kNoSlot) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  uint64_t old_bytes = old_usable_bytes;
  if (g_free_filter.may_hold(address)) {
    Block old{};
    if (g_session.recording_here()) slot_ = g_blocks.detach(address, old);
    if (slot_ != kNoSlot)
      old_bytes = old.size_bytes;
    else if (g_blocks.forget_inherited(address))
      g_session.count_inherited_free();
  }
  growth_bytes_ = new_bytes > old_bytes ? new_bytes - old_bytes : 0;
  ThreadState& thread = t_state;
  exact_ = thread.interval_bytes == 1;
  if (growth_bytes_ < thread.countdown)
    thread.countdown -= growth_bytes_;
  else
    hit_ = take_hit(growth_bytes_);
}

void Resize::finish(void* result, bool failed, Frame frame) {
  const auto old_address = reinterpret_cast<uintptr_t>(block_);
  const auto address = reinterpret_cast<uintptr_t>(result);
  if (slot_ == kNoSlot) {
    if (failed || result == nullptr || !hit_.sampled || growth_bytes_ == 0) return;
    const double bytes = ring::weight_to_double(hit_.weight) * static_cast<double>(growth_bytes_);
    const uint16_t weight = exact_
                                ? ring::kWeightOne
                                : ring::weight_from_double(bytes / static_cast<double>(new_bytes_));
    record_block(result, new_bytes_, weight, frame);
    return;
  }
  if (failed) return g_blocks.put_back(slot_, old_address);
  const uint64_t now_us = g_session.now_us();
  const uint32_t thread = this_thread(now_us);
  // realloc(p, 0)
  if (result == nullptr) return g_blocks.freed_by_resize(slot_, old_address, now_us, thread);
  g_blocks.resized(slot_, old_address, address, new_bytes_,
                   {growth_bytes_, hit_.sampled, hit_.weight, exact_}, now_us, thread);
}

uint16_t mapping_weight(void* start) {
  Block block{};
  const bool known = g_session.recording_here() &&
                     g_blocks.find_mapping(reinterpret_cast<uintptr_t>(start), block);
  return known ? block.weight : 0;
}

void record_unmapping(void* start, uint64_t size_bytes) {
  const auto address = reinterpret_cast<uintptr_t>(start);
  Block block{};
  if (!g_session.recording_here() || !g_blocks.find_mapping(address, block)) return;
  record_free(start);
  if (size_bytes >= block.size_bytes) return;
  // The head was cut off: the rest lives on, with its age.
  block.size_bytes -= size_bytes;
  const ring::SiteRef site{block.site, ring::site_at(g_session.ledger(), block.site)};
  if (site.site != nullptr) g_blocks.born(address + size_bytes, site, block);
}

}  // namespace dbgtrace::hooks::alloc
