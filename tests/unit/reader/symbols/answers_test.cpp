// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/answers.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "ring/checksum.hpp"

namespace dbgtrace::reader::symbols {
namespace {

const Chain kInlineChain{{"inner(int)", "/src/a.hpp", 7, true},
                         {"outer()", "/src/a.cpp", 40, false}};

std::string some_bytes() {
  AnswersWriter writer("file 10 1.5\n", "stripped");
  writer.add(0x2000, kInlineChain);
  writer.add(0x1000, {{"main", "", 0, false}});
  writer.add(0x1000, {{"another", "", 0, false}});
  return writer.bytes();
}

// As somebody would who wants to get past the checksum.
void sign(std::string& bytes) {
  const uint32_t sum = ring::crc32c(bytes.data() + 16, bytes.size() - 16);
  std::memcpy(bytes.data() + 12, &sum, sizeof(sum));
}

}  // namespace

TEST_CASE("what was written about addresses is read back") {
  const auto answers = Answers::parse(some_bytes());
  REQUIRE(answers);
  CHECK(answers->source() == "file 10 1.5\n");
  CHECK(answers->problem() == "stripped");
  CHECK(answers->size() == 2);
  const auto chain = answers->find(0x2000);
  REQUIRE(chain);
  REQUIRE(chain->size() == 2);
  CHECK((*chain)[0].function == "inner(int)");
  CHECK((*chain)[0].file == "/src/a.hpp");
  CHECK((*chain)[0].line == 7);
  CHECK((*chain)[0].inlined);
  CHECK((*chain)[1].function == "outer()");
  CHECK_FALSE((*chain)[1].inlined);
  CHECK(answers->find(0x1000)->front().function == "main");
  CHECK_FALSE(answers->find(0x1001));
  CHECK_FALSE(answers->find(0));
  CHECK_FALSE(answers->find(UINT64_MAX));
}

TEST_CASE("answers that are merged keep the newer ones and gain the older ones") {
  AnswersWriter writer("s", "");
  writer.add(0x1000, {{"newer", "", 0, false}});
  writer.add_all(*Answers::parse(some_bytes()));
  const auto merged = Answers::parse(writer.bytes());
  REQUIRE(merged);
  CHECK(merged->size() == 2);
  CHECK(merged->find(0x1000)->front().function == "newer");
  CHECK(merged->find(0x2000)->size() == 2);
}

TEST_CASE("answers of nothing are whole") {
  const auto answers = Answers::parse(AnswersWriter("", "").bytes());
  REQUIRE(answers);
  CHECK(answers->size() == 0);
  CHECK(answers->problem().empty());
}

TEST_CASE("every flipped bit and every cut of the answers is noticed") {
  const std::string bytes = some_bytes();
  for (size_t at = 0; at < bytes.size(); ++at) {
    INFO(at);
    CHECK_FALSE(Answers::parse(bytes.substr(0, at)));
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = bytes;
      broken[at] = static_cast<char>(broken[at] ^ (1 << bit));
      // The head's reserved word is under the checksum like all the rest.
      CHECK_FALSE(Answers::parse(broken));
    }
  }
  CHECK_FALSE(Answers::parse(bytes + '\0'));
}

TEST_CASE("answers with a good checksum and bad references are refused, or can be read safely") {
  std::mt19937 random(3);
  size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = some_bytes();
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      bytes[16 + random() % (bytes.size() - 16)] = static_cast<char>(random());
    }
    sign(bytes);
    const auto answers = Answers::parse(bytes);
    if (!answers) continue;
    ++accepted;
    for (size_t i = 0; i < answers->size(); ++i) {
      REQUIRE(answers->chain(i).size() <= bytes.size() / 12);
      REQUIRE(answers->find(answers->address(i)));
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("answers that claim billions of addresses in few bytes are refused") {
  std::string bytes = some_bytes();
  const uint32_t many = UINT32_MAX;
  std::memcpy(bytes.data() + 16, &many, sizeof(many));
  sign(bytes);
  CHECK_FALSE(Answers::parse(bytes));
}

}  // namespace dbgtrace::reader::symbols
