// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/budget.hpp"

#include <algorithm>

namespace dbgtrace::hooks::alloc {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

constexpr int64_t first_credit_us(uint32_t per_mille) {
  return static_cast<int64_t>(Budget::kCreditOfUs / 1000 * per_mille);
}

}  // namespace

void Budget::start(uint32_t per_mille) {
  // All of the time is no limit; what is measured of it could be a little more.
  per_mille_ = per_mille < 1000 ? per_mille : 0;
  due_us_.store(0, kRelaxed);
  begun_.store(false, kRelaxed);
  credit_us_.store(first_credit_us(per_mille_), kRelaxed);
  most_credit_us_.store(first_credit_us(per_mille_), kRelaxed);
  calm_since_us_.store(0, kRelaxed);
  patience_us_.store(kFirstPatienceUs, kRelaxed);
  has_refined_.store(false, kRelaxed);
}

uint64_t Budget::judge(uint64_t own_us, uint64_t cpu_us, uint64_t interval_bytes,
                       uint64_t finest_bytes, uint64_t now_us) {
  const uint64_t own_before = own_us_.load(kRelaxed), cpu_before = cpu_us_.load(kRelaxed);
  // What was used before the first look is not known to be of one time.
  const bool begins =
      !begun_.exchange(true, kRelaxed) || own_us < own_before || cpu_us < cpu_before;
  if (!begins && cpu_us - cpu_before < kLeastCpuUs) return interval_bytes;
  own_us_.store(own_us, kRelaxed);
  cpu_us_.store(cpu_us, kRelaxed);
  if (begins || !on()) return interval_bytes;

  uint64_t own = (own_us - own_before) * 1000;
  const uint64_t allowed = (cpu_us - cpu_before) * per_mille_;
  const bool has_credit_left = has_credit(own_us - own_before, cpu_us - cpu_before);
  if (own > allowed && has_credit_left) return interval_bytes;
  if (own > allowed) {
    most_credit_us_.store(first_credit_us(per_mille_) / 4, kRelaxed);
    calm_since_us_.store(0, kRelaxed);
    if (has_refined_.exchange(false, kRelaxed))
      patience_us_.store(std::min(patience_us_.load(kRelaxed) * 2, kLongestPatienceUs), kRelaxed);
    uint32_t doublings = 0;
    for (; doublings < kMostDoublings && own > allowed / 4 * 3; ++doublings) own /= 2;
    return interval_bytes << doublings;
  }
  if (interval_bytes / 2 < finest_bytes) {
    calm_since_us_.store(0, kRelaxed);
    return interval_bytes;
  }
  if (!is_calm(own_us, cpu_us, now_us)) return interval_bytes;
  has_refined_.store(true, kRelaxed);
  return interval_bytes / 2;
}

bool Budget::has_credit(uint64_t own_us, uint64_t cpu_us) {
  const auto allowed_us = static_cast<int64_t>(cpu_us * per_mille_ / 1000);
  const int64_t left_us =
      std::min(most_credit_us_.load(kRelaxed),
               credit_us_.load(kRelaxed) + allowed_us - static_cast<int64_t>(own_us));
  // What was used too much is forgiven: the interval makes up for it.
  credit_us_.store(std::max<int64_t>(left_us, 0), kRelaxed);
  return left_us > 0;
}

bool Budget::is_calm(uint64_t own_us, uint64_t cpu_us, uint64_t now_us) {
  const uint64_t since_us = calm_since_us_.load(kRelaxed);
  if (since_us != 0 && now_us < since_us + patience_us_.load(kRelaxed)) return false;
  const uint64_t own = own_us - calm_own_us_.load(kRelaxed);
  const uint64_t cpu = cpu_us - calm_cpu_us_.load(kRelaxed);
  calm_since_us_.store(now_us | 1, kRelaxed);
  calm_own_us_.store(own_us, kRelaxed);
  calm_cpu_us_.store(cpu_us, kRelaxed);
  // Twice as many samples cost twice as much, which must still be far from the limit.
  return since_us != 0 && own * 1000 <= cpu * per_mille_ / 4;
}

}  // namespace dbgtrace::hooks::alloc
