// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording: as they are, and once more with fitting checksums. The model's promises
// hold for every input that is accepted, and no input makes it large.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "reader/trace/load.hpp"
#include "ring/scanner.hpp"
#include "tests/support/events.hpp"
#include "tests/support/repair.hpp"

using namespace dbgtrace;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void load_and_check(const std::vector<std::byte>& file) {
  auto result = reader::trace::load_image(file, "input");
  if (!result) {
    require(!result.error().message.empty());
    return;
  }
  reader::trace::Trace& trace = *result;
  require(!trace.stacks.has_frames(0) && !trace.sites.empty() && !trace.threads.empty());
  size_t frames = 0;
  for (size_t i = 0; i < trace.stacks.size(); ++i) {
    const reader::trace::Stack stack = trace.stacks[i];
    require(stack.pcs.size() <= ring::kMaxFrames);
    frames += stack.pcs.size();
  }
  require(frames <= file.size() / 4 + ring::kMaxFrames);
  const std::vector<reader::trace::Event> events = tests::events_of(file, trace);
  require(events.size() <=
          file.size() / sizeof(ring::Event) * 4 + ring::kMaxBlockEvents * size_t{1024});
  for (const auto& site : trace.sites) {
    require(site.stack < trace.stacks.size());
    require(site.first_us <= trace.end_us() && std::isfinite(site.births.bytes_variance));
  }
  for (const auto& block : trace.live) {
    require(block.site < trace.sites.size() && block.birth_us <= trace.end_us());
  }
  for (size_t i = 1; i < events.size(); ++i) require(events[i - 1].time_us <= events[i].time_us);
  for (size_t i = 1; i < trace.series.size(); ++i)
    require(trace.series[i - 1].time_us <= trace.series[i].time_us);
  if (!trace.modules.empty()) (void)reader::trace::module_at(trace, trace.modules[0].start, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  std::vector<std::byte> file(size_bytes);
  if (size_bytes != 0) std::memcpy(file.data(), data, size_bytes);
  load_and_check(file);
  tests::repair(file);
  load_and_check(file);
  return 0;
}
