// SPDX-License-Identifier: Apache-2.0
// Any bytes as the black box of an otherwise whole recording: as they are, and once more with
// fitting checksums. The post-mortem, its document and its core are made of whatever comes.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "reader/analysis/core_contents.hpp"
#include "reader/analysis/death.hpp"
#include "reader/analysis/loader_image.hpp"
#include "reader/output/death_report.hpp"
#include "reader/output/elf_core.hpp"
#include "reader/output/json_crash.hpp"
#include "reader/output/sarif.hpp"
#include "reader/output/text_crash.hpp"
#include "reader/trace/load.hpp"
#include "tests/support/recording_builder.hpp"
#include "tests/support/repair.hpp"

using namespace dbgtrace;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_core(const reader::trace::Trace& trace) {
  // Without the file system: what a module's headers say is the fuzzer's choice as well.
  reader::symbols::ElfLayout layout{0x1000, 0x40, 9, 0x2000, 0x2100};
  const reader::analysis::MemoryMap map(trace.black_box.text(ring::TextKind::kMaps));
  (void)reader::analysis::loader_image(trace, map, [&](const auto&) { return layout; });
  std::vector<reader::analysis::CoreSegment> pieces;
  size_t bytes = 0;
  for (const auto& memory : trace.black_box.crash->memory) {
    pieces.push_back({memory.address, memory.bytes, false, false});
    bytes += memory.bytes.size();
  }
  const auto merged = reader::analysis::merge_segments(std::move(pieces));
  size_t merged_bytes = 0;
  for (size_t i = 0; i < merged.size(); ++i) {
    require(!merged[i].bytes.empty() && (i == 0 || merged[i - 1].end() <= merged[i].address));
    merged_bytes += merged[i].bytes.size();
  }
  require(merged_bytes <= bytes);
}

void examine(const std::vector<std::byte>& file, size_t box_bytes) {
  const auto trace = reader::trace::load_image(file, "input");
  require(static_cast<bool>(trace));
  std::vector<reader::symbols::Frame> names(1);
  names[0].function = "f";
  const reader::analysis::Resolver resolver(
      *trace, [&names](const auto&, uint64_t) -> auto& { return names; });
  const auto report = reader::analysis::examine(*trace, resolver, "");
  require(report.has_value() == trace->black_box.crash.has_value());
  if (!report) {
    (void)reader::output::json_death(reader::analysis::death_of(*trace, {}, {}), resolver);
    return;
  }
  require(report->verdict.confidence >= 0 && report->verdict.confidence <= 1);
  require(report->signature.size() <= 255 && !report->signature.empty());
  require(report->title == 0 || report->title < report->scene.stack.frames.size());
  reader::output::TextPage page({100, false});
  reader::output::put_crash(page, *report, *trace, {{}, true});
  const std::string json = reader::output::json_text(reader::output::json_crash(*report, *trace));
  require(json.size() < (size_t{1} << 20) + 4096 * box_bytes);
  (void)reader::output::sarif_document(report, {}, *trace, resolver, "");
  check_core(*trace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  tests::BuilderSizes sizes;
  constexpr size_t kMost = 1 << 17;
  if (size_bytes > kMost) return 0;
  sizes.black_box_bytes = static_cast<uint32_t>(size_bytes);
  tests::RecordingBuilder builder(sizes);
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  builder.add_site(3, builder.add_stack({0x400100, 0x400300}));
  builder.add_thread(1, 4242, "worker");
  if (size_bytes != 0) {
    std::memcpy(&builder.entry<std::byte>(ring::SectionKind::kBlackBox, 0), data, size_bytes);
  }
  std::vector<std::byte> file = builder.finish();
  // The black box is the last section: what would follow is empty.
  file.resize(builder.offset(ring::SectionKind::kBlackBox) + size_bytes);
  examine(file, size_bytes);
  tests::repair(file);
  examine(file, size_bytes);
  return 0;
}
