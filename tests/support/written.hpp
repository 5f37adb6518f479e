// SPDX-License-Identifier: Apache-2.0
// What a report that is written piece by piece comes to.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "reader/output/sink.hpp"
#include "tests/support/temp_file.hpp"

namespace dbgtrace::tests {

inline std::string written(const std::function<void(reader::output::Sink&)>& write) {
  const TempFile file;
  reader::output::Sink sink(file.path());
  write(sink);
  REQUIRE(sink.finish().empty());
  std::ostringstream text;
  text << std::ifstream(file.path()).rdbuf();
  return text.str();
}

}  // namespace dbgtrace::tests
