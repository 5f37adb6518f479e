// SPDX-License-Identifier: Apache-2.0
// The sampling interval in force. It grows while the live table fills, and with the recorder's cost
// it grows and shrinks again; each change is written into the recording with its cause.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/event_writer.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
class Interval {
 public:
  // After "every allocation": doubling from 1 would change nothing for a while.
  static constexpr uint64_t kFirstSampled = 64;
  static constexpr uint64_t kLargest = uint64_t{1} << 34;

  // capacity: slots of the live table. Sampled: the interval doubles beyond a quarter of the free
  // filter's slots; exact: when the table is 7/8 full.
  void start(uint64_t interval_bytes, uint32_t capacity);
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // To be called with the number of slots of the live table that were ever taken at a time.
  void note_fill(const ring::Ledger& ledger, ring::EventWriter& events, uint32_t used,
                 uint64_t time_us) {
    if (used > limit_.load(std::memory_order_relaxed)) [[unlikely]]
      grow_by_fill(ledger, events, used, time_us);
  }

  // The smallest that the fill of the table allows.
  uint64_t finest_bytes() const { return finest_.load(std::memory_order_relaxed); }

  // From now on never finer than that.
  void keep_above(uint64_t bytes) {
    if (finest_bytes() < bytes) finest_.store(bytes, std::memory_order_relaxed);
  }

  // Changes the interval from `old`; false if another thread did so first.
  bool change(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t old, uint64_t next,
              ring::IntervalCause cause, uint64_t time_us);

 private:
  void grow_by_fill(const ring::Ledger& ledger, ring::EventWriter& events, uint32_t used,
                    uint64_t time_us);

  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> finest_{0};
  std::atomic<uint32_t> limit_{0};  // of live samples, beyond which the interval doubles
  std::atomic<uint32_t> end_{0};    // where the table is full for good
};

}  // namespace dbgtrace::hooks::alloc
