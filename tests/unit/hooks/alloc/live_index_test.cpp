// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <set>

#include "hooks/alloc/byte_sampler.hpp"
#include "hooks/alloc/live_index.hpp"

using namespace dbgtrace::hooks::alloc;

namespace {

struct Index {
  explicit Index(uint32_t capacity) : words(std::make_unique<std::atomic<uint64_t>[]>(capacity)) {
    index.start(words.get(), capacity);
  }
  std::unique_ptr<std::atomic<uint64_t>[]> words;
  LiveIndex index;
};

}  // namespace

TEST_CASE("the index agrees with a set over a million random insertions and removals",
          "[hooks][alloc]") {
  Index table(1 << 14);
  std::set<uintptr_t> model;
  Random random;
  random.seed(7);
  for (int i = 0; i < 1'000'000; ++i) {
    const uintptr_t address = 0x1000 + (random.next() >> 40) % 20'000 * 16;
    const LiveIndex::Found found = table.index.find(address);
    REQUIRE((found.slot != kNoSlot) == model.contains(address));
    if (found.slot != kNoSlot) {
      REQUIRE(table.index.remove(found.slot, address, false));
      model.erase(address);
    } else if (model.size() < (1 << 14) / 8 * 7) {
      REQUIRE(table.index.insert(address).slot != kNoSlot);
      model.insert(address);
    }
    if (i % 1000 == 0) REQUIRE(table.index.used() == model.size());
  }
}

TEST_CASE("inserting an address again reports the stale entry", "[hooks][alloc]") {
  Index table(1024);
  const auto first = table.index.insert(0x5000);
  const auto again = table.index.insert(0x5000);
  CHECK(again.stale == first.slot);
  CHECK_FALSE(again.stale_inherited);
  CHECK(table.index.used() == 1);
}

TEST_CASE("after a fork the parent's entries are inherited and do not count", "[hooks][alloc]") {
  Index table(1024);
  table.index.insert(0x5000);
  table.index.next_generation();
  CHECK(table.index.used() == 0);
  const auto found = table.index.find(0x5000);
  REQUIRE(found.slot != kNoSlot);
  CHECK(found.inherited);
  CHECK(table.index.remove(found.slot, 0x5000, true));
  CHECK(table.index.used() == 0);
  CHECK(table.index.insert(0x6000).slot != kNoSlot);
  CHECK_FALSE(table.index.find(0x6000).inherited);
}

TEST_CASE("a detached entry is found by nobody and keeps its slot", "[hooks][alloc]") {
  Index table(1024);
  const uint32_t slot = table.index.insert(0x5000).slot;
  REQUIRE(table.index.detach(slot, 0x5000));
  CHECK(table.index.find(0x5000).slot == kNoSlot);
  const auto other = table.index.insert(0x5000);  // another thread got the address meanwhile
  CHECK(other.slot != slot);
  CHECK(other.stale == kNoSlot);
  REQUIRE(table.index.remove(other.slot, 0x5000, false));
  table.index.attach(slot, 0x5000);  // the realloc failed: all is as before
  CHECK(table.index.find(0x5000).slot == slot);
}

TEST_CASE("a full index refuses instead of searching for ever", "[hooks][alloc]") {
  Index table(256);
  uint32_t refused = 0;
  for (uintptr_t address = 0x1000; address < 0x1000 + 400 * 16; address += 16) {
    refused += table.index.insert(address).slot == kNoSlot ? 1 : 0;
  }
  CHECK(refused == 400 - 256);
  CHECK(table.index.used() == 256);
}
