// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/tracker.hpp"

#include <unistd.h>

#include <algorithm>

#include "hooks/alloc/block_ledger.hpp"
#include "hooks/alloc/budget.hpp"
#include "hooks/alloc/metrics.hpp"
#include "hooks/alloc/newcomers.hpp"
#include "hooks/alloc/own_cost.hpp"
#include "hooks/alloc/sample_site.hpp"
#include "hooks/alloc/thread_memo.hpp"
#include "hooks/attach/wiring.hpp"
#include "hooks/crash/alt_stack.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/os/thread_count.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/threads.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::alloc {

constinit FreeFilter g_free_filter;
thread_local constinit ThreadState t_state = {};

namespace {

using process::g_session;
using process::SessionState;
using ring::Ledger;

// The first interval after every allocation was too much for the budget.
constexpr uint64_t kFirstInBudget = uint64_t{64} << 10;
constexpr uint64_t kNever = uint64_t{1} << 62;  // a countdown that no program reaches
constexpr uint64_t kNotNow = uint64_t{1} << 20;

// kExact: every allocation is counted and its block followed. kCounting: every one is counted, but
// only sampled blocks are followed, since there are too many. In both every request comes here.
enum class Mode : uint32_t { kSampled, kExact, kCounting };

constinit std::atomic<Mode> g_mode{Mode::kSampled};
constinit LiveIndex g_index;
constinit LiveSlots g_slots;
constinit Interval g_interval;
constinit Budget g_budget;
constinit BlockLedger g_blocks(g_index, g_slots, g_free_filter, g_interval);

Mode mode() { return g_mode.load(std::memory_order_relaxed); }

uint32_t this_thread(uint64_t now_us) {
  ThreadState& thread = t_state;
  if (thread.recording != g_session.number()) {
    thread.recording = g_session.number();
    thread.thread = static_cast<uint16_t>(
        process::register_thread(g_session.ledger(), now_us, !g_session.sandboxed()));
    g_session.events().write(ring::EventKind::kThreadStart, thread.thread, 0, now_us, 0,
                             thread.thread, 0);
  }
  return thread.thread;
}

Moment this_moment() {
  const uint64_t now_us = g_session.now_us();
  return {now_us, this_thread(now_us), os::threads_now()};
}

void seed(ThreadState& thread) {
  thread.random.seed(g_session.salt() ^ reinterpret_cast<uintptr_t>(&thread) ^ os::cycles());
}

void draw(ThreadState& thread) {
  const uint64_t in_force = g_interval.bytes();
  thread.interval_bytes = in_force != 0 ? in_force : g_session.options().sample_bytes;
  const uint64_t distance =
      thread.interval_bytes <= 1 ? 0 : draw_distance(thread.random, thread.interval_bytes);
  const bool comes_always = mode() != Mode::kSampled;
  thread.countdown = comes_always ? 0 : distance;
  thread.follow_left = comes_always ? distance : 0;
}

// With every allocation counted: is this one's block followed?
Hit take_follow_hit(ThreadState& thread, uint64_t size_bytes) {
  if (g_interval.bytes() == 1) [[likely]] {
    thread.countdown = 0;  // whatever a handler that jumped away left
    return {true, ring::kWeightOne, true};
  }
  Mode exact = Mode::kExact;
  if (mode() == exact) g_mode.compare_exchange_strong(exact, Mode::kCounting);
  if (thread.interval_bytes <= 1) {
    if (thread.random.state == 0) seed(thread);
    draw(thread);
  }
  thread.countdown = 0;
  if (size_bytes < thread.follow_left) {
    thread.follow_left -= size_bytes;
    return {false, 0, true};
  }
  const uint64_t interval_bytes = thread.interval_bytes;
  draw(thread);
  return {size_bytes != 0, sample_weight(size_bytes, interval_bytes), true};
}

Totals totals_of(const Hit& hit) {
  if (!hit.counted) return Totals::kEstimated;
  return hit.is_growth ? Totals::kAlready : Totals::kCounted;
}

// Counting every allocation costs what it costs: only sampling again keeps to a budget. Frees of
// the blocks that are followed go on being looked for.
uint64_t leave_counting(const Ledger& ledger, uint64_t now_us) {
  std::atomic_ref<uint64_t>(ledger.live().totals_until_us).store(now_us, std::memory_order_relaxed);
  g_mode.store(Mode::kSampled, std::memory_order_relaxed);
  g_interval.keep_above(kFirstInBudget);
  return kFirstInBudget;
}

void keep_to_budget(const Ledger& ledger, uint64_t now_us) {
  const double ticks_per_us = g_session.clock().ticks_per_us();
  if (g_session.sandboxed() || ticks_per_us == 0) return;
  ring::LiveHeader& live = ledger.live();
  const uint64_t cpu_us = os::process_cpu_us();
  std::atomic_ref<uint64_t>(live.process_cpu_us).store(cpu_us, std::memory_order_relaxed);
  const auto own_us =
      static_cast<uint64_t>(static_cast<double>(Ledger::load(live.recorder_cycles)) / ticks_per_us);
  const uint64_t old = g_interval.bytes();
  uint64_t next = g_budget.judge(own_us, cpu_us, old, g_interval.finest_bytes(), now_us);
  if (next > old && mode() != Mode::kSampled) next = std::max(next, leave_counting(ledger, now_us));
  g_interval.change(ledger, g_session.events(), old, next, ring::IntervalCause::kBudget, now_us);
}

void record_birth(void* start, uint64_t size_bytes, const Hit& hit, Frame frame,
                  ring::SiteKind kind) {
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
  if (g_budget.is_due(moment.now_us)) [[unlikely]]
    keep_to_budget(ledger, moment.now_us);
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
  const process::Options& options = g_session.options();
  g_interval.start(options.sample_bytes, capacity);
  g_budget.start(every_allocation && !options.budget_set ? 0 : options.budget_per_mille);
  if (!g_blocks.start(g_session.ledger(), g_session.events())) return false;
  if (every_allocation) g_free_filter.hold_all();
  g_newcomers.forget();
  g_mode.store(every_allocation ? Mode::kExact : Mode::kSampled, std::memory_order_relaxed);
  start_memos(every_allocation, g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                                      : stack::SystemCalls::kAllowed);
  return true;
}

void forget_parent() {
  g_index.inherit();
  g_slots.forget();
  g_mode.store(Mode::kSampled, std::memory_order_relaxed);
  process::forget_modules();
  forget_memos();
  attach::forget_parent();
}

// Never sampled again in a process that does not record, unless a recording may come later.
Hit pass_for_ever() {
  t_state.countdown = os::loaded_at_start() ? kNever : kNotNow;
  return {false, 0};
}

void forget_recording(bool nobody_inside) {
  g_mode.store(Mode::kSampled, std::memory_order_relaxed);
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

// A forked child that records nothing (yet): its index is the parent's, copied.
void forget_unrecorded(uintptr_t address) {
  if (g_session.off()) return g_free_filter.hold_none();  // nor will it ever
  const LiveIndex::Found inherited = g_blocks.find(address);
  if (g_blocks.forget_inherited(inherited, address, os::threads_now()))
    g_session.count_inherited_free();
}

}  // namespace

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

Hit take_hit(uint64_t size_bytes) {
  ThreadState& thread = t_state;
  if (mode() != Mode::kSampled) return take_follow_hit(thread, size_bytes);
  if (static_cast<int64_t>(thread.countdown) < 0) [[unlikely]] {
    draw(thread);  // a hit whose handler jumped away: lost, but not for ever
    return {false, 0};
  }
  if (thread.follow_left != 0) {  // every allocation was counted until now
    thread.countdown = thread.follow_left;
    thread.follow_left = 0;
    if (size_bytes < thread.countdown) {
      thread.countdown -= size_bytes;
      return {false, 0};
    }
  }
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
    seed(thread);
    draw(thread);
    if (size_bytes < thread.countdown) {
      thread.countdown -= size_bytes;
      return {false, 0};
    }
  }
  const OwnCost cost;
  const bool ready = g_session.ready_to_sample();
  if (g_session.off() || !g_session.records_allocations()) return pass_for_ever();
  if (!ready) {
    // Lost, but not asked for again by every call until the recording is there.
    g_session.count_lost_at_start();
    draw(thread);
    return {false, 0};
  }
  if (mode() != Mode::kSampled) return take_follow_hit(thread, size_bytes);
  const uint64_t interval_bytes = thread.interval_bytes;
  draw(thread);
  if (size_bytes == 0 && interval_bytes > 1) return {false, 0};
  return {true, sample_weight(size_bytes, interval_bytes)};
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

void record_free(void* block, Frame frame) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  if (!g_session.recording_here()) return forget_unrecorded(address);
  const LiveIndex::Found found = g_blocks.find(address);
  if (!BlockLedger::is_ours(found)) {
    if (g_blocks.forget_inherited(found, address, os::threads_now()))
      Ledger::add(g_session.ledger().live().inherited_frees, 1);
    return;
  }
  const OwnCost cost;
  const Moment moment = this_moment();
  const ring::SiteRef site =
      site_of(g_session.ledger(), frame, ring::SiteKind::kFreeing, moment.now_us);
  g_blocks.freed(found, address, site.id, moment);
}

Resize::Resize(void* block, uint64_t new_bytes, uint64_t old_usable_bytes)
    : block_(block), new_bytes_(new_bytes), slot_(kNoSlot) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  uint64_t old_bytes = old_usable_bytes;
  if (g_free_filter.may_hold(address)) {
    Block old{};
    if (!g_session.recording_here()) {
      forget_unrecorded(address);
    } else if (const LiveIndex::Found found = g_blocks.find(address); BlockLedger::is_ours(found)) {
      slot_ = g_blocks.detach(found, address, old, os::threads_now());
      if (slot_ != kNoSlot) old_bytes = old.size_bytes;
    } else if (g_blocks.forget_inherited(found, address, os::threads_now())) {
      Ledger::add(g_session.ledger().live().inherited_frees, 1);
    }
  }
  growth_bytes_ = new_bytes > old_bytes ? new_bytes - old_bytes : 0;
  ThreadState& thread = t_state;
  if (growth_bytes_ < thread.countdown)
    thread.countdown -= growth_bytes_;
  else
    hit_ = take_hit(growth_bytes_);
}

void Resize::finish(void* result, bool failed, Frame frame) {
  const auto old_address = reinterpret_cast<uintptr_t>(block_);
  const auto address = reinterpret_cast<uintptr_t>(result);
  if (slot_ == kNoSlot) {
    if (!failed && result != nullptr && growth_bytes_ != 0) finish_unknown(result, frame);
    return;
  }
  const OwnCost cost;
  const Moment moment = this_moment();
  if (failed) return g_blocks.put_back(slot_, old_address, moment);
  if (result == nullptr) {  // realloc(p, 0)
    const ring::SiteRef site =
        site_of(g_session.ledger(), frame, ring::SiteKind::kFreeing, moment.now_us);
    return g_blocks.freed_by_resize(slot_, old_address, site.id, moment);
  }
  const Growth growth{growth_bytes_, hit_.sampled, hit_.weight, totals_of(hit_)};
  g_blocks.resized(slot_, old_address, address, new_bytes_, growth, moment);
}

// A block that nobody followed has grown.
void Resize::finish_unknown(void* result, Frame frame) const {
  if (hit_.sampled && hit_.weight == ring::kWeightOne)  // from now on it is known, whole
    return record_block(result, new_bytes_, hit_, frame);
  if (hit_.counted) {
    if (!g_session.ready_to_record()) return;
    const Moment moment = this_moment();
    const ring::SiteRef site =
        site_of(g_session.ledger(), frame, ring::SiteKind::kHeap, moment.now_us);
    if (site.site != nullptr) g_blocks.grown_unseen(*site.site, growth_bytes_, moment);
  }
  if (!hit_.sampled) return;
  const double bytes = ring::weight_to_double(hit_.weight) * static_cast<double>(growth_bytes_);
  const uint16_t weight = ring::weight_from_double(bytes / static_cast<double>(new_bytes_));
  record_block(result, new_bytes_, {true, weight, hit_.counted, true}, frame);
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
