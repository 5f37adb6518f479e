// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/module_map.hpp"

#include <catch2/catch.hpp>
#include <random>

using dbgtrace::reader::trace::Module;
using dbgtrace::reader::trace::module_at;
using dbgtrace::reader::trace::ModuleMap;
using dbgtrace::reader::trace::Trace;

TEST_CASE("the map of modules answers as the walk over all of them does") {
  std::mt19937 random(7);
  const auto below = [&random](uint64_t limit) { return random() % limit; };
  for (int round = 0; round < 200; ++round) {
    Trace trace;
    for (uint64_t count = below(40); count > 0; --count) {
      Module module;
      module.start = below(60);
      module.end = module.start + below(20);
      module.load_us = below(30);
      module.unload_us = below(2) == 0 ? 0 : module.load_us + below(10);
      trace.modules.push_back(module);
    }
    const ModuleMap map(trace.modules);
    for (int question = 0; question < 200; ++question) {
      const uint64_t pc = below(90), time_us = below(45);
      REQUIRE(map.find(pc, time_us) == module_at(trace, pc, time_us));
    }
  }
}

TEST_CASE("a library that was loaded at one place ten thousand times is found at each time") {
  Trace trace;
  for (uint64_t i = 0; i < 10'000; ++i) {
    Module module;
    module.start = 100;
    module.end = 200;
    module.load_us = 10 * i + 1;
    module.unload_us = 10 * i + 6;
    trace.modules.push_back(module);
  }
  const ModuleMap map(trace.modules);
  for (uint64_t i = 0; i < 10'000; ++i) {
    REQUIRE(map.find(150, 10 * i + 5) == &trace.modules[i]);
  }
  CHECK(map.find(200, 5) == nullptr);
  CHECK(map.overlaps());
}

TEST_CASE("modules that all overlap each other take no more time than their number allows") {
  Trace trace;
  for (uint64_t i = 0; i < 65'536; ++i) {
    Module module;
    module.start = 1'000 + i;
    module.end = 1'000'000 + i;
    module.load_us = i;
    trace.modules.push_back(module);
  }
  const ModuleMap map(trace.modules);
  CHECK(map.find(1'000, 1) == &trace.modules[0]);
  CHECK(map.find(999, 1) == nullptr);
}
