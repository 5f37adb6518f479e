// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/lifetimes.hpp"

#include <catch2/catch.hpp>

namespace dbgtrace::test {

using reader::trace::Lifetimes;

TEST_CASE("lifetimes are counted by bucket, the few of most sites as the many of some") {
  for (const uint64_t times : {1, 2, 3, 40}) {
    Lifetimes lifetimes;
    CHECK(lifetimes.empty());
    for (uint64_t i = 0; i < times; ++i) {
      for (const size_t bucket : {size_t{0}, size_t{7}, size_t{ring::kLifetimeBuckets - 1}})
        lifetimes.add(bucket);
    }
    CHECK_FALSE(lifetimes.empty());
    Lifetimes::Counts sums{};
    sums[7] = 1000;
    lifetimes.add_to(sums);
    for (size_t k = 0; k < sums.size(); ++k) {
      const bool used = k == 0 || k == 7 || k == ring::kLifetimeBuckets - 1;
      CHECK(lifetimes[k] == (used ? times : 0));
      CHECK(sums[k] == (used ? times : 0) + (k == 7 ? 1000 : 0));
    }
  }
}

TEST_CASE("lifetimes that come many at once join those that came before") {
  Lifetimes lifetimes;
  lifetimes.add(3);
  lifetimes.add(5);
  lifetimes.add(3, 0);
  lifetimes.add(3, uint64_t{1} << 40);
  lifetimes.add(5);
  CHECK(lifetimes[3] == (uint64_t{1} << 40) + 1);
  CHECK(lifetimes[5] == 2);
  CHECK(lifetimes[4] == 0);
}

}  // namespace dbgtrace::test
