// SPDX-License-Identifier: Apache-2.0
// Keeps the recorder's share of the process's CPU time below DBGTRACE_BUDGET: says at which
// sampling interval it would be. The weight of a sample is that of the interval with which its
// countdown was drawn, and what is said here follows from the past alone, so estimates stay
// unbiased however often the interval changes.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes, lock-free; threads that look at the same time may spoil one look.
// Signal-safety: yes. Allocates: never.
class Budget {
 public:
  static constexpr uint64_t kLookUs = 100'000;
  // Less says nothing: an idle process has not used enough to compare with.
  static constexpr uint64_t kLeastCpuUs = 20'000;
  static constexpr uint32_t kMostDoublings = 6;  // at a time
  // How far the recorder may be ahead of its share: what a second of CPU time allows it. It is
  // dearest when a program starts and all its call stacks are new; whatever is over soon is not
  // worth a coarser recording. Once the interval had to change, it gets a quarter of that.
  static constexpr uint64_t kCreditOfUs = 1'000'000;
  // How long the recorder has to be far below its budget before it samples finer again: longer each
  // time that this was a mistake.
  static constexpr uint64_t kFirstPatienceUs = 10'000'000;
  static constexpr uint64_t kLongestPatienceUs = 3'600'000'000;

  constexpr Budget() = default;

  // per_mille: of the CPU time; 0, and 1000 and more: no limit.
  void start(uint32_t per_mille);
  bool on() const { return per_mille_ != 0; }

  // True for one caller when it is time to look.
  bool is_due(uint64_t now_us) {
    uint64_t due_us = due_us_.load(std::memory_order_relaxed);
    return now_us >= due_us &&
           due_us_.compare_exchange_strong(due_us, now_us + kLookUs, std::memory_order_relaxed);
  }

  // own_us and cpu_us: what the recorder and the whole process used so far. Returns the interval
  // to go on with: interval_bytes, a coarser one, or one half as coarse, but never below
  // finest_bytes.
  uint64_t judge(uint64_t own_us, uint64_t cpu_us, uint64_t interval_bytes, uint64_t finest_bytes,
                 uint64_t now_us);

 private:
  // Takes what was used from the credit. False: it is used up.
  bool has_credit(uint64_t own_us, uint64_t cpu_us);
  // Of the whole time since it was last asked in vain: single looks see few samples.
  bool is_calm(uint64_t own_us, uint64_t cpu_us, uint64_t now_us);

  uint32_t per_mille_ = 0;
  std::atomic<uint64_t> due_us_{0};
  std::atomic<uint64_t> own_us_{0}, cpu_us_{0};  // at the look that began this window
  std::atomic<int64_t> credit_us_{0}, most_credit_us_{0};
  std::atomic<bool> begun_{false};
  std::atomic<uint64_t> calm_since_us_{0};  // 0: it is not, or there is nothing to refine
  std::atomic<uint64_t> calm_own_us_{0}, calm_cpu_us_{0};  // then
  std::atomic<uint64_t> patience_us_{0};
  std::atomic<bool> has_refined_{false};
};

}  // namespace dbgtrace::hooks::alloc
