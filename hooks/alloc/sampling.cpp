// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/sampling.hpp"

#include <algorithm>

#include "hooks/alloc/budget.hpp"
#include "hooks/alloc/byte_sampler.hpp"
#include "hooks/alloc/own_cost.hpp"
#include "hooks/alloc/tracker.hpp"
#include "hooks/crash/alt_stack.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

thread_local constinit ThreadState t_state = {};
constinit Interval g_interval;
constinit std::atomic<Mode> g_mode{Mode::kSampled};
constinit Budget g_budget;

namespace {

using process::g_session;
using process::SessionState;
using ring::Ledger;

// The first interval after every allocation was too much for the budget.
constexpr uint64_t kFirstInBudget = uint64_t{64} << 10;
constexpr uint64_t kNever = uint64_t{1} << 62;  // a countdown that no program reaches
constexpr uint64_t kNotNow = uint64_t{1} << 20;

Mode mode() { return g_mode.load(std::memory_order_relaxed); }

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

// Never sampled again in a process that does not record, unless a recording may come later.
Hit pass_for_ever() {
  t_state.countdown = os::loaded_at_start() ? kNever : kNotNow;
  return {false, 0};
}

// Counting every allocation costs what it costs: only sampling again keeps to a budget. Frees of
// the blocks that are followed go on being looked for.
uint64_t leave_counting(const Ledger& ledger, uint64_t now_us) {
  std::atomic_ref<uint64_t>(ledger.live().totals_until_us).store(now_us, std::memory_order_relaxed);
  stop_counting();
  g_interval.keep_above(kFirstInBudget);
  return kFirstInBudget;
}

}  // namespace

void start_sampling(bool every_allocation) {
  const process::Options& options = g_session.options();
  g_budget.start(every_allocation && !options.budget_set ? 0 : options.budget_per_mille);
  g_mode.store(every_allocation ? Mode::kExact : Mode::kSampled, std::memory_order_relaxed);
}

void stop_counting() { g_mode.store(Mode::kSampled, std::memory_order_relaxed); }

void judge_cost(uint64_t now_us) {
  const Ledger& ledger = g_session.ledger();
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

}  // namespace dbgtrace::hooks::alloc
