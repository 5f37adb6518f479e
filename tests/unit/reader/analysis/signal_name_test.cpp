// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/signal_name.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>

namespace dbgtrace::test {

using reader::analysis::signal_name;

TEST_CASE("signals have the names that the C library knows them by") {
  for (int number = 1; number < 32; ++number) {
    INFO(number);
    CHECK(signal_name(number) == std::string("SIG") + sigabbrev_np(number));
  }
}

TEST_CASE("real-time signals are counted from the first one, anything else is a number") {
  CHECK(signal_name(34) == "SIGRTMIN");
  CHECK(signal_name(40) == "SIGRTMIN+6");
  CHECK(signal_name(64) == "SIGRTMIN+30");
  for (int number : {-1, 0, 32, 33, 65, 1 << 30})
    CHECK(signal_name(number) == "signal " + std::to_string(number));
}

}  // namespace dbgtrace::test
