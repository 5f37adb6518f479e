// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/site_hints.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "ring/plan.hpp"

using namespace dbgtrace;
using hooks::alloc::SiteHints;

TEST_CASE("a hint leads to the site of its own stack, as long as that has it") {
  struct alignas(4096) Page {
    std::byte bytes[4096];
  };
  std::vector<Page> pages(ring::kMinFileBytes / sizeof(Page));
  const ring::Plan plan = ring::make_plan(ring::kMinFileBytes, true);
  ring::Ledger ledger(pages[0].bytes, {});
  ledger.set_every_allocation(true);
  for (uint32_t i = 0; i < ring::kSectionCount; ++i)
    ledger.set_section(static_cast<ring::SectionKind>(i), plan.sections[i]);
  // All of the same few slots of the table, and of the same hint.
  const auto hash_of = [](uint64_t number) { return number << 40 | uint64_t{40} << 20 | 5; };
  const auto make = [&](uint64_t hash) {
    const uint64_t pcs[2] = {hash, 0x1000};
    return ring::find_or_make_site(ledger, hash, ring::SiteKind::kHeap, {pcs, 5, 0, false},
                                   ring::Fold::kColdest);
  };
  const auto hints = std::make_unique<SiteHints>();
  CHECK(hints->find(ledger, 1, hash_of(1)).site == nullptr);
  const ring::SiteRef first = make(hash_of(1));
  REQUIRE(first.id != 0);
  hints->note(1, hash_of(1), first.id);
  CHECK(hints->find(ledger, 1, hash_of(1)).site == first.site);
  CHECK(hints->find(ledger, 1, hash_of(1)).id == first.id);
  CHECK(hints->find(ledger, 1, hash_of(2)).site == nullptr);

  SECTION("another stack took its slot") {
    uint64_t number = 2;
    while (ring::find_site(ledger, hash_of(1)).site != nullptr)
      REQUIRE(make(hash_of(number++)).id != 0);
    CHECK(hints->find(ledger, 1, hash_of(1)).site == nullptr);
  }
  SECTION("it is of another recording, in whose smaller table the id may be no slot") {
    CHECK(hints->find(ledger, 2, hash_of(1)).site == nullptr);
    hints->note(1, hash_of(1), ~0u);
    CHECK(hints->find(ledger, 2, hash_of(1)).site == nullptr);
  }
}
