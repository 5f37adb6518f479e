// SPDX-License-Identifier: Apache-2.0
#include "ring/site_table.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "ring/history_writer.hpp"
#include "ring/plan.hpp"

using namespace dbgtrace::ring;

namespace {

struct Recording {
  struct alignas(4096) Page {
    std::byte bytes[4096];
  };
  explicit Recording(bool every_allocation) : pages(kMinFileBytes / sizeof(Page)) {
    const Plan plan = make_plan(kMinFileBytes, every_allocation);
    ledger = Ledger(pages[0].bytes, {});
    ledger.set_every_allocation(every_allocation);
    for (uint32_t i = 0; i < kSectionCount; ++i)
      ledger.set_section(static_cast<SectionKind>(i), plan.sections[i]);
  }
  SiteRef site(uint64_t hash, Fold fold = Fold::kNever, SiteKind kind = SiteKind::kHeap) {
    const uint64_t pcs[2] = {hash, 0x1000};
    return find_or_make_site(ledger, hash, kind, {pcs, 5, 0, false}, fold);
  }
  // Numbers whose sites lie side by side, in the same 16 slots.
  static uint64_t neighbour(uint64_t number) { return uint64_t{40} << 20 | (number + 3); }

  std::vector<Page> pages;
  Ledger ledger;
};

}  // namespace

TEST_CASE("a site is found again and a stack without one is told whether there is room",
          "[ring][sites]") {
  Recording recording(false);
  CHECK(find_site(recording.ledger, 77).id == kVacant);
  const SiteRef made = recording.site(77);
  REQUIRE(made.id != 0);
  CHECK(recording.site(77).id == made.id);
  CHECK(find_site(recording.ledger, 77).site == made.site);
  for (uint64_t i = 0; i < 16; ++i) CHECK(recording.site(Recording::neighbour(i)).id != 0);
  CHECK(find_site(recording.ledger, Recording::neighbour(16)).id == 0);
  CHECK(recording.site(Recording::neighbour(16)).id == 0);
  CHECK(recording.ledger.lost().site_table_full == 1);
}

TEST_CASE("where there is no room the coldest site is folded and its sums go to other",
          "[ring][sites]") {
  Recording recording(true);
  std::vector<SiteRef> sites;
  for (uint64_t i = 0; i < 16; ++i) {
    sites.push_back(recording.site(Recording::neighbour(i)));
    Site& site = *sites.back().site;
    site.births = 100 + (i == 9 ? 0 : i + 1);
    site.birth_bytes = 1000 * site.births;
    site.deaths = site.births - 1;
    site.live_bytes = 1000;
    site.first_lifetimes[0] = 5;
  }
  give_history(recording.ledger, *site_at(recording.ledger, 0));
  CHECK(price_of_site(recording.ledger, Recording::neighbour(20)) == 100 + 99 + 1000 / 256);
  const SiteRef made = recording.site(Recording::neighbour(20), Fold::kColdest);
  CHECK(made.site == sites[9].site);
  CHECK(made.id != sites[9].id);
  CHECK(made.site->births == 0);
  CHECK(made.site->live_bytes == 0);
  CHECK(made.site->first_lifetimes[0] == 0);
  const Site& other = *site_at(recording.ledger, 0);
  CHECK(other.births == 100);
  CHECK(other.birth_bytes == 100'000);
  CHECK(other.deaths == 99);
  CHECK(other.live_bytes == 1000);
  CHECK(history_of(recording.ledger, other)->deaths[4] == 1);
  CHECK(recording.ledger.lost().sites_folded == 1);
  // Blocks of the former stack that die later are deaths of "other".
  CHECK(site_at(recording.ledger, sites[9].id) == &other);
  CHECK(site_at(recording.ledger, made.id) == made.site);
  CHECK(find_site(recording.ledger, Recording::neighbour(9)).site == nullptr);
  CHECK(find_site(recording.ledger, Recording::neighbour(20)).id == made.id);
}

TEST_CASE("a site that holds much is not cold", "[ring][sites]") {
  Recording recording(true);
  for (uint64_t i = 0; i < 16; ++i) recording.site(Recording::neighbour(i)).site->births = 1000;
  Site* leak = recording.site(Recording::neighbour(3)).site;
  leak->births = 1;
  leak->live_bytes = 64 << 20;
  CHECK(recording.site(Recording::neighbour(20), Fold::kColdest).site != leak);
}

TEST_CASE("a mapping's site keeps its place", "[ring][sites]") {
  Recording recording(true);
  for (uint64_t i = 0; i < 16; ++i)
    recording.site(Recording::neighbour(i), Fold::kNever, SiteKind::kMapping);
  CHECK(price_of_site(recording.ledger, Recording::neighbour(20)) == kNoVacancy);
  CHECK(recording.site(Recording::neighbour(20), Fold::kColdest).id == 0);
}

TEST_CASE("a slot is given away 127 times and then stays", "[ring][sites]") {
  Recording recording(true);
  for (uint64_t i = 0; i < 16; ++i)
    recording.site(Recording::neighbour(i)).site->births = i == 5 ? 0 : 1'000'000;
  for (uint64_t i = 0; i < kLastSiteGeneration; ++i) {
    const SiteRef made = recording.site(Recording::neighbour(100 + i), Fold::kColdest);
    REQUIRE(made.id >> kSiteSlotBits == i + 1);
  }
  const SiteRef last = recording.site(Recording::neighbour(1000), Fold::kColdest);
  CHECK(last.id >> kSiteSlotBits == 1);
}
