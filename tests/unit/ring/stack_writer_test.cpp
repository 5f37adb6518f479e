// SPDX-License-Identifier: Apache-2.0
// Stacks as the recorder stores them, against what a reader makes of them.
#include "ring/stack_writer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "ring/ledger_view.hpp"
#include "ring/plan.hpp"
#include "ring/site_table.hpp"

using namespace dbgtrace;
using ring::EntryState;
using ring::SectionKind;

namespace {

using Pcs = std::vector<uint64_t>;

struct Recording {
  struct alignas(4096) Page {
    std::byte bytes[4096];
  };
  Recording() : pages(ring::kMinFileBytes / sizeof(Page)) {
    const ring::Plan plan = ring::make_plan(ring::kMinFileBytes, false);
    ledger = ring::Ledger(pages[0].bytes, {});
    for (uint32_t i = 0; i < ring::kSectionCount; ++i) {
      ledger.set_section(static_cast<SectionKind>(i), plan.sections[i]);
    }
  }

  uint32_t store(const Pcs& pcs, ring::ParentStack parent = {}) {
    return ring::store_stack(ledger, {pcs, 5, 0, false, parent});
  }
  std::span<const std::byte> arena() const {
    const ring::Section& section = ledger.section(SectionKind::kStacks);
    return {ledger.base() + section.offset_bytes, section.size_bytes};
  }
  ring::ExpandedStack expand(uint32_t reference, Pcs& pcs) const {
    std::array<uint64_t, ring::kMaxFrames> frames;
    const ring::ExpandedStack stack = ring::expand_stack(arena(), reference, frames);
    pcs.assign(frames.begin(), frames.begin() + stack.frame_count);
    return stack;
  }
  bool holds(uint32_t reference, const Pcs& expected) const {
    Pcs pcs;
    return expand(reference, pcs).state == EntryState::kWhole && pcs == expected;
  }

  std::vector<Page> pages;
  ring::Ledger ledger;
};

}  // namespace

TEST_CASE("of a stack with a parent only the new frames are written, and all are read") {
  Recording recording;
  const uint32_t first = recording.store({1, 2, 3, 4});
  const uint32_t words = recording.ledger.live().stacks_used;
  const Pcs pcs{10, 11, 3, 4};
  const uint32_t second = recording.store(pcs, {first, 2});
  CHECK(recording.ledger.live().stacks_used - words == sizeof(ring::Stack) / 8 + 2);
  Pcs read;
  const ring::ExpandedStack stack = recording.expand(second, read);
  CHECK(read == pcs);
  CHECK(stack.state == EntryState::kWhole);
  CHECK(stack.head.parent == first);
  CHECK(stack.head.kept_frames == 2);
  CHECK(stack.head.chain == 1);
}

TEST_CASE("a stack that adds nothing to its parent is stored and read too") {
  Recording recording;
  const uint32_t first = recording.store({1, 2, 3});
  CHECK(recording.holds(recording.store({1, 2, 3}, {first, 3}), {1, 2, 3}));
  CHECK(recording.holds(recording.store({2, 3}, {first, 2}), {2, 3}));
}

TEST_CASE("a parent that is no stack, or shares more than there is, is left out") {
  Recording recording;
  const uint32_t good = recording.store({1, 2, 3});
  const uint32_t capacity = recording.ledger.section(SectionKind::kStacks).capacity;
  for (const uint32_t reference : {0u, 5000u, capacity - 1, capacity, ~0u}) {
    CHECK_FALSE(ring::may_be_parent(recording.ledger, reference));
    CHECK(recording.holds(recording.store({7, 2, 3}, {reference, 2}), {7, 2, 3}));
  }
  CHECK(ring::may_be_parent(recording.ledger, good));
  CHECK(recording.holds(recording.store({7, 3}, {good, 3}), {7, 3}));
}

TEST_CASE("a chain ends at its limit and a whole stack follows") {
  Recording recording;
  Pcs pcs{1};
  uint32_t reference = recording.store(pcs);
  for (uint32_t link = 1; link <= 3 * ring::kMaxChain; ++link) {
    const auto kept = static_cast<uint32_t>(pcs.size());
    pcs.insert(pcs.begin(), 100 + link);
    reference = recording.store(pcs, {reference, kept});
    Pcs read;
    const ring::ExpandedStack stack = recording.expand(reference, read);
    REQUIRE(stack.state == EntryState::kWhole);
    REQUIRE(read == pcs);
    REQUIRE(stack.head.chain == link % (ring::kMaxChain + 1));
  }
}

TEST_CASE("stacks on any earlier ones come back as they were") {
  std::mt19937 random(11);
  Recording recording;
  std::vector<std::pair<uint32_t, Pcs>> stored;
  for (int round = 0; round < 2000; ++round) {
    Pcs pcs;
    ring::ParentStack parent;
    if (!stored.empty() && random() % 8 != 0) {
      const auto& [reference, outer] = stored[random() % stored.size()];
      parent = {reference, static_cast<uint32_t>(random() % (outer.size() + 1))};
      pcs.assign(outer.end() - parent.frames, outer.end());
    }
    for (uint32_t more = random() % 6; more != 0 && pcs.size() < 40; --more) {
      pcs.insert(pcs.begin(), random() % 1000);
    }
    const uint32_t reference = recording.store(pcs, parent);
    if (reference == 0) break;  // the arena is full
    stored.emplace_back(reference, pcs);
  }
  REQUIRE(stored.size() > 500);
  for (const auto& [reference, pcs] : stored) REQUIRE(recording.holds(reference, pcs));
}

TEST_CASE("a site is found by its stack's hash once it was made, and not before") {
  Recording recording;
  CHECK(ring::find_site(recording.ledger, 42).site == nullptr);
  const Pcs pcs{1, 2};
  for (const uint64_t hash : {uint64_t{42}, uint64_t{0}}) {
    const ring::SiteRef made =
        ring::find_or_make_site(recording.ledger, hash, ring::SiteKind::kHeap, {pcs, 5, 0, false});
    const ring::SiteRef found = ring::find_site(recording.ledger, hash);
    CHECK(found.site == made.site);
    CHECK(found.id == made.id);
  }
  CHECK(recording.ledger.live().sites_used == 2);
}
