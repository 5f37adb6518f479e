// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/trace.hpp"

#include <catch2/catch.hpp>

using dbgtrace::reader::trace::Module;
using dbgtrace::reader::trace::module_at;
using dbgtrace::reader::trace::Trace;

namespace {

Module make_module(uint64_t start, uint64_t end, uint64_t load_us, uint64_t unload_us,
                   const char* path) {
  Module module;
  module.start = start;
  module.end = end;
  module.load_us = load_us;
  module.unload_us = unload_us;
  module.path = path;
  return module;
}

}  // namespace

TEST_CASE("an address belongs to the module that was there at the time") {
  Trace trace;
  trace.modules.push_back(make_module(100, 200, 10, 50, "first"));
  trace.modules.push_back(make_module(150, 250, 60, 0, "second"));
  CHECK(module_at(trace, 160, 20)->path == "first");
  CHECK(module_at(trace, 160, 60)->path == "second");
  CHECK(module_at(trace, 160, 1000)->path == "second");
  CHECK(module_at(trace, 99, 20) == nullptr);
  CHECK(module_at(trace, 250, 60) == nullptr);
  CHECK(module_at(trace, 110, 55) == nullptr);
}

TEST_CASE("a stack that is a little older than its module's entry still finds it") {
  Trace trace;
  trace.modules.push_back(make_module(100, 200, 900, 0, "later"));
  trace.modules.push_back(make_module(100, 200, 500, 600, "soon"));
  CHECK(module_at(trace, 150, 499)->path == "soon");
}

TEST_CASE("an empty module, the place of a damaged one, has no addresses") {
  Trace trace;
  trace.modules.emplace_back();
  CHECK(module_at(trace, 0, 0) == nullptr);
}
