// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of the symbol cache: as they are, and once more with a fitting checksum.
// Whatever is accepted can be read in full, and written anew without loss.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "reader/symbols/answers.hpp"
#include "ring/checksum.hpp"

using namespace dbgtrace;
using reader::symbols::Answers;

namespace {

constexpr size_t kChecksumAt = 12, kSummedFrom = 16;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_all(const std::string& bytes) {
  const auto answers = Answers::parse(bytes);
  if (!answers) return;
  require(answers->size() * 12 < bytes.size());
  reader::symbols::AnswersWriter writer(answers->source(), answers->problem());
  writer.add_all(*answers);
  const auto again = Answers::parse(writer.bytes());
  require(again && again->size() == answers->size() && again->source() == answers->source());
  for (size_t i = 0; i < answers->size(); ++i) {
    const auto chain = again->find(answers->address(i));
    require(chain && chain->size() == answers->chain(i).size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  std::string bytes(reinterpret_cast<const char*>(data), size_bytes);
  read_all(bytes);
  if (size_bytes < kSummedFrom) return 0;
  const uint32_t sum = ring::crc32c(bytes.data() + kSummedFrom, size_bytes - kSummedFrom);
  std::memcpy(bytes.data() + kChecksumAt, &sum, sizeof(sum));
  read_all(bytes);
  return 0;
}
