// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/descriptor_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace dbgtrace::reader::cli {

TEST_CASE("as many files may be open as the hard limit allows, and that one stays") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{std::min<rlim_t>(64, before.rlim_max), before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  raise_descriptor_limit();
  rlimit after{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  CHECK(after.rlim_max == before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace dbgtrace::reader::cli
