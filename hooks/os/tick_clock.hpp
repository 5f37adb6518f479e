// SPDX-License-Identifier: Apache-2.0
// Microseconds since a start, for a third of what a look at the clock costs: between two looks at
// most kSpanNs apart the time stamp counter tells how far time went. A counter that is not steady,
// or that jumps (a suspended or migrated machine), can therefore be wrong by one span, no more.
#pragma once

#include <atomic>
#include <cstdint>

#include "hooks/os/clock.hpp"

namespace dbgtrace::hooks::os {

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never. System calls: none.
class TickClock {
 public:
  constexpr TickClock() = default;

  // From now on time is counted from start_ns, a value of monotonic_ns().
  void start(uint64_t start_ns) {
    start_ns_ = start_ns;
    version_.store((version_.load(std::memory_order_relaxed) | 1) + 1, std::memory_order_relaxed);
    span_ticks_.store(0, std::memory_order_relaxed);
    first_ticks_ = cycles();
    first_ns_ = monotonic_ns();
  }

  uint64_t now_us() {
    const uint32_t version = version_.load(std::memory_order_acquire);
    const uint64_t since = cycles() - look_ticks_.load(std::memory_order_relaxed);
    if (since < span_ticks_.load(std::memory_order_relaxed)) [[likely]] {
      const uint64_t factor = us_per_tick_q40_.load(std::memory_order_relaxed);
      const uint64_t us = look_us_.load(std::memory_order_relaxed) + (since * factor >> 40);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (version_.load(std::memory_order_relaxed) == version && version % 2 == 0) [[likely]]
        return us;
    }
    return look();
  }

  // Ticks of the counter in a microsecond, 0 if not known.
  double ticks_per_us() const {
    const uint64_t factor = us_per_tick_q40_.load(std::memory_order_relaxed);
    return factor == 0 ? 0 : static_cast<double>(uint64_t{1} << 40) / static_cast<double>(factor);
  }

 private:
  static constexpr uint64_t kSpanNs = 8'000'000;
  static constexpr uint64_t kFirstSpanNs = 200'000;  // shorter ones say nothing about the rate

  uint64_t look() {
    const uint64_t ticks = cycles();
    const uint64_t now_ns = monotonic_ns();
    const uint64_t us = now_ns > start_ns_ ? (now_ns - start_ns_) / 1000 : 0;
    const uint64_t elapsed_ns = now_ns - first_ns_;
    const uint64_t elapsed_ticks = ticks - first_ticks_;
    if (ticks == 0 || elapsed_ns < kFirstSpanNs || elapsed_ticks < kFirstSpanNs / 10) return us;
    uint32_t version = version_.load(std::memory_order_relaxed);
    if (version % 2 != 0 || !version_.compare_exchange_strong(version, version + 1)) return us;
    const double us_per_tick =
        static_cast<double>(elapsed_ns) / static_cast<double>(elapsed_ticks) / 1000;
    look_ticks_.store(ticks, std::memory_order_relaxed);
    look_us_.store(us, std::memory_order_relaxed);
    us_per_tick_q40_.store(static_cast<uint64_t>(us_per_tick * (uint64_t{1} << 40)),
                           std::memory_order_relaxed);
    // The rate is as good as the time it was measured over.
    const uint64_t span_ns = elapsed_ns < kSpanNs ? elapsed_ns : kSpanNs;
    span_ticks_.store(static_cast<uint64_t>(static_cast<double>(span_ns) / 1000 / us_per_tick),
                      std::memory_order_relaxed);
    version_.store(version + 2, std::memory_order_release);
    return us;
  }

  uint64_t start_ns_ = 0, first_ns_ = 0, first_ticks_ = 0;
  std::atomic<uint32_t> version_{0};  // odd while it is being changed
  std::atomic<uint64_t> look_ticks_{0}, look_us_{0}, us_per_tick_q40_{0}, span_ticks_{0};
};

}  // namespace dbgtrace::hooks::os
