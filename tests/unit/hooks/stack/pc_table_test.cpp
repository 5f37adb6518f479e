// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/pc_table.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

using namespace dbgtrace::hooks::stack;

namespace {

Rule rule_of(uintptr_t pc) { return {RuleKind::kRsp, pc % 1000 * 8, pc % 200}; }

}  // namespace

TEST_CASE("a table answers with the rule of that very pc or not at all") {
  const auto table = std::make_unique<PcTable>();
  for (uintptr_t pc = 0x7f12'3400'0000; pc < 0x7f12'3400'0000 + 300'000; pc += 3) {
    table->insert(pc, rule_of(pc));
  }
  unsigned found = 0;
  for (uintptr_t pc = 0x7f12'3400'0000; pc < 0x7f12'3400'0000 + 300'000; ++pc) {
    const Rule rule = table->find(pc);
    if (rule.empty()) continue;
    ++found;
    REQUIRE(pc % 3 == 0x7f12'3400'0000 % 3);
    REQUIRE(rule == rule_of(pc));
  }
  CHECK(found > 30'000);
  CHECK(found <= 65'536);
}

TEST_CASE("a negative answer is remembered like any other") {
  const auto table = std::make_unique<PcTable>();
  CHECK(table->find(0x1000).empty());
  table->insert(0x1000, Rule::no_cfi());
  CHECK(table->find(0x1000) == Rule::no_cfi());
}

TEST_CASE("a pc of more than 48 bits is neither kept nor taken for its lower bits") {
  const auto table = std::make_unique<PcTable>();
  const uintptr_t low = 0x4000'1234'5678;
  table->insert(low, Rule::no_cfi());
  CHECK(table->find(low | uintptr_t{1} << 48).empty());
  CHECK(table->find(low | uintptr_t{1} << 63).empty());
  table->insert(0xffff'4000'0000'0000, Rule::outermost());
  CHECK(table->find(0xffff'4000'0000'0000).empty());
  CHECK(table->find(0x4000'0000'0000).empty());
  CHECK(table->find(0).empty());
}

TEST_CASE("clearing a range forgets its pcs and no others") {
  const auto table = std::make_unique<PcTable>();
  const uintptr_t from = 0x5555'0000'0000;
  for (uintptr_t pc = from; pc < from + 4000; ++pc) table->insert(pc, rule_of(pc));
  std::vector<uintptr_t> kept;
  for (uintptr_t pc = from; pc < from + 4000; ++pc) {
    if (!table->find(pc).empty()) kept.push_back(pc);
  }
  table->clear_range(from + 1000, from + 2000);
  for (const uintptr_t pc : kept) {
    const bool cleared = pc >= from + 1000 && pc < from + 2000;
    REQUIRE(table->find(pc).empty() == cleared);
  }
  table->clear();
  for (const uintptr_t pc : kept) REQUIRE(table->find(pc).empty());
}

TEST_CASE("threads that write the same slots never make a table lie") {
  const auto table = std::make_unique<PcTable>();
  std::atomic<unsigned> lies{0};
  const auto work = [&](uintptr_t seed) {
    for (uintptr_t i = 0; i < 200'000; ++i) {
      const uintptr_t pc = 0x7f00'0000'0000 + (i * 7919 + seed) % 500'000;
      const Rule rule = table->find(pc);
      if (!rule.empty() && !(rule == rule_of(pc))) ++lies;
      table->insert(pc, rule_of(pc));
      if (i % 50'000 == 0) table->clear_range(0x7f00'0000'0000, 0x7f00'0002'0000);
    }
  };
  std::thread first(work, 1);
  std::thread second(work, 2);
  first.join();
  second.join();
  CHECK(lies == 0);
}
