// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_index.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <vector>

#include "hooks/alloc/byte_sampler.hpp"

using namespace dbgtrace;
using namespace dbgtrace::hooks::alloc;
using ring::Threads;

namespace {

// The live table of a recording and its index, on memory.
struct Table {
  struct alignas(64) Line {
    std::byte bytes[64]{};
  };
  explicit Table(uint32_t capacity)
      : file(2 + (capacity * sizeof(ring::Live) + sizeof(ring::Header)) / sizeof(Line)),
        memory(std::make_unique<Line[]>(LiveIndex::bytes_for(capacity) / sizeof(Line) + 1)) {
    ledger = ring::Ledger(file[0].bytes, {});
    ledger.set_section(
        ring::SectionKind::kLive,
        {sizeof(ring::Header), capacity * sizeof(ring::Live), sizeof(ring::Live), capacity});
    slots.start(ledger);
    index.start(memory.get(), capacity);
  }

  // Puts a block of this address into the table; kNoSlot: no room.
  uint32_t add(uintptr_t address, Threads threads = Threads::kOne) {
    const uint32_t slot = slots.take(1, threads);
    if (slot == kNoSlot) return kNoSlot;
    slots.at(slot).address_state = address;
    if (index.insert(address, slot, slots, threads).done) return slot;
    slots.at(slot).address_state = 0;
    slots.give_back(slot, 1, threads);
    return kNoSlot;
  }
  bool remove(uintptr_t address, Threads threads = Threads::kOne) {
    const auto found = index.find(address, slots);
    if (found.slot == kNoSlot || !index.remove(found, address, threads)) return false;
    slots.at(found.slot).address_state = 0;
    slots.give_back(found.slot, 1, threads);
    return true;
  }
  bool holds(uintptr_t address) { return index.find(address, slots).slot != kNoSlot; }

  std::vector<Line> file;
  std::unique_ptr<Line[]> memory;
  ring::Ledger ledger;
  LiveSlots slots;
  LiveIndex index;
};

}  // namespace

TEST_CASE("the index agrees with a map over a million random insertions and removals",
          "[hooks][alloc]") {
  // Few pages with many blocks, many pages with one block, and both.
  for (const uint64_t step : {16, 32, 4096, 65536}) {
    Table table(1 << 14);
    std::map<uintptr_t, uint32_t> model;
    Random random;
    random.seed(7 + step);
    for (int i = 0; i < 250'000; ++i) {
      const uintptr_t address = 0x10000 + (random.next() >> 40) % 20'000 * step;
      const LiveIndex::Found found = table.index.find(address, table.slots);
      const LiveIndex::Guess guess = table.index.guess(address, table.slots);
      REQUIRE((guess.may_be_here || found.slot == kNoSlot));
      REQUIRE(table.index.confirm(guess, address, table.slots).at == found.at);
      const auto known = model.find(address);
      REQUIRE(found.slot == (known == model.end() ? kNoSlot : known->second));
      if (known != model.end()) {
        REQUIRE(table.remove(address));
        model.erase(known);
      } else if (model.size() < (1 << 14) / 8 * 7) {
        const uint32_t slot = table.add(address);
        REQUIRE(slot != kNoSlot);
        model[address] = slot;
      }
    }
    for (const auto& [address, slot] : model) REQUIRE(table.remove(address));
    REQUIRE(table.slots.touched() <= (1 << 14));
  }
}

TEST_CASE("slots are used again before new ones are touched", "[hooks][alloc]") {
  Table table(4096);
  for (int i = 0; i < 100'000; ++i) {
    const uintptr_t address = 0x10000 + static_cast<uintptr_t>(i) * 16;
    REQUIRE(table.add(address) != kNoSlot);
    if (i >= 100) REQUIRE(table.remove(address - 100 * 16));
  }
  CHECK(table.slots.touched() <= 160);
}

TEST_CASE("slots that one thread frees are used by others", "[hooks][alloc]") {
  Table table(4096);
  for (int i = 0; i < 100'000; ++i) {
    const uint32_t slot = table.slots.take(1, Threads::kMany);
    REQUIRE(slot != kNoSlot);
    table.slots.give_back(slot, 2, Threads::kMany);
  }
  CHECK(table.slots.touched() <= 64);
}

TEST_CASE("an address that is there already is reported, and nothing is inserted",
          "[hooks][alloc]") {
  Table table(1024);
  const uint32_t first = table.add(0x5000);
  const uint32_t slot = table.slots.take(1, Threads::kOne);
  const auto again = table.index.insert(0x5000, slot, table.slots, Threads::kOne);
  CHECK_FALSE(again.done);
  CHECK(again.stale.slot == first);
}

TEST_CASE("after a fork the parent's entries are nobody's slots", "[hooks][alloc]") {
  Table table(1024);
  table.add(0x5000);
  table.add(0x9000);
  // The child's file is empty, and its slots are free.
  for (uint32_t slot = 0; slot < 2; ++slot) table.slots.at(slot).address_state = 0;
  table.slots.start(table.ledger);
  table.index.inherit();
  const auto inherited = table.index.find(0x5000, table.slots);
  REQUIRE(inherited.at != kNoSlot);
  CHECK(inherited.slot == kNoSlot);
  CHECK(table.index.remove(inherited, 0x5000, Threads::kOne));
  CHECK(table.index.find(0x5000, table.slots).at == kNoSlot);
  CHECK(table.add(0x6000) != kNoSlot);
  CHECK(table.holds(0x6000));
  CHECK(table.index.find(0x9000, table.slots).slot == kNoSlot);
  CHECK(table.index.find(0x9000, table.slots).at != kNoSlot);
}

TEST_CASE("of what is inherited nothing is guessed", "[hooks][alloc]") {
  Table table(1024);
  table.add(0x5000);
  table.slots.at(0).address_state = 0;
  table.slots.start(table.ledger);
  table.index.inherit();
  CHECK_FALSE(table.index.guess(0x5000, table.slots).may_be_here);
  CHECK_FALSE(table.index.guess(0x6000, table.slots).may_be_here);
  table.add(0x6000);
  const auto guess = table.index.guess(0x6000, table.slots);
  CHECK(guess.may_be_here);
  CHECK(table.index.confirm(guess, 0x6000, table.slots).slot != kNoSlot);
}

TEST_CASE("an entry that another thread removed is not removed again", "[hooks][alloc]") {
  Table table(1024);
  table.add(0x5000);
  const auto found = table.index.find(0x5000, table.slots);
  CHECK(table.index.remove(found, 0x5000, Threads::kMany));
  CHECK_FALSE(table.index.remove(found, 0x5000, Threads::kMany));
}

TEST_CASE("a full table refuses instead of searching for ever, and works again when emptied",
          "[hooks][alloc]") {
  Table table(256);
  uint32_t refused = 0;
  for (uintptr_t address = 0x1000; address < 0x1000 + 400 * 16; address += 16) {
    refused += table.add(address) == kNoSlot ? 1 : 0;
  }
  CHECK(refused >= 400 - 256);
  for (uintptr_t address = 0x1000; address < 0x1000 + 400 * 16; address += 16)
    table.remove(address);
  refused = 0;
  for (uintptr_t address = 0x8000; address < 0x8000 + 200 * 16; address += 16) {
    refused += table.add(address) == kNoSlot ? 1 : 0;
  }
  CHECK(refused == 0);
}

TEST_CASE(
    "a thread that looks into the index while the recording ends finds its memory still there") {
  Table table(64);
  REQUIRE(table.add(0x10000) != kNoSlot);
  table.index.retire();
  CHECK_FALSE(table.index.started());
  CHECK(table.holds(0x10000));
  CHECK(table.remove(0x10000));

  const auto other = std::make_unique<Table::Line[]>(LiveIndex::bytes_for(64) / 64 + 1);
  table.index.start(other.get(), 64);
  CHECK(table.index.started());
  CHECK_FALSE(table.holds(0x10000));
}
