// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>

#include "ring/plan.hpp"

using namespace dbgtrace::ring;

TEST_CASE("sections of every file size follow each other and fill the file", "[ring][plan]") {
  for (const bool exact : {false, true}) {
    for (uint64_t size = kMinFileBytes; size <= uint64_t{512} << 20; size = size * 5 / 4 + 12345) {
      INFO(size << (exact ? " exact" : " sampled"));
      const Plan plan = make_plan(size, exact);
      CHECK(plan.file_bytes <= size);
      uint64_t end = kHeaderBytes;
      for (const Section& section : plan.sections) {
        CHECK(section.offset_bytes == end);
        CHECK(section.offset_bytes % 4096 == 0);
        CHECK(section.size_bytes >= uint64_t{section.entry_bytes} * section.capacity);
        CHECK(section.capacity > 0);
        end = section.offset_bytes + section.size_bytes;
      }
      CHECK(end <= plan.file_bytes);
      const auto& live = plan.sections[static_cast<uint32_t>(SectionKind::kLive)];
      const auto& sites = plan.sections[static_cast<uint32_t>(SectionKind::kSites)];
      const auto& freed = plan.sections[static_cast<uint32_t>(SectionKind::kFreed)];
      CHECK(std::has_single_bit(freed.capacity));
      CHECK(live.capacity < 1 << 20);
      CHECK(sites.capacity <= kMaxSites);
      CHECK(std::has_single_bit(sites.capacity));
      CHECK(live.capacity >= 256);
    }
  }
}

TEST_CASE("the default file keeps a million live blocks when every allocation is recorded",
          "[ring][plan]") {
  const Plan plan = make_plan((50 << 20) - (10 << 20), true);
  CHECK(plan.sections[static_cast<uint32_t>(SectionKind::kLive)].capacity == (1 << 20) - 1);
  CHECK(plan.sections[static_cast<uint32_t>(SectionKind::kFreed)].capacity == 65536);
  CHECK(plan.sections[static_cast<uint32_t>(SectionKind::kSites)].capacity == 32768);
}

TEST_CASE("a file of 128 MiB has a site for each of a hundred thousand stacks", "[ring][plan]") {
  const Plan plan = make_plan((128 << 20) - (10 << 20), true);
  CHECK(plan.sections[static_cast<uint32_t>(SectionKind::kSites)].capacity == 131072);
  CHECK(plan.sections[static_cast<uint32_t>(SectionKind::kStacks)].capacity > 20 * 131072);
}
