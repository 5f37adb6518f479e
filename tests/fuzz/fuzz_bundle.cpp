// SPDX-License-Identifier: Apache-2.0
// Any bytes as a bundle: as they are, and once more with a fitting checksum; and as the names in
// one. What it unpacks to goes the way of any recording.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "reader/symbols/given_answers.hpp"
#include "reader/trace/bundle.hpp"
#include "reader/trace/load.hpp"
#include "ring/checksum.hpp"

using namespace dbgtrace;
using reader::trace::BundleHead;

namespace {

constexpr uint64_t kMaxUnpackedBytes = 16 << 20;  // more would only make the fuzzer slow
constexpr size_t kChecksumAt = 12, kSummedFrom = 16;

void open_bundle(std::span<const std::byte> file) {
  BundleHead head;
  if (!reader::trace::is_bundle(file) || !reader::trace::bundle_problem(file, head).empty()) return;
  if (head.unpacked_bytes() > kMaxUnpackedBytes) return;
  std::vector<std::byte> unpacked(head.unpacked_bytes());
  if (!reader::trace::unpack_bundle(file, unpacked)) return;
  const std::span<const std::byte> bytes(unpacked);
  (void)reader::trace::load_image(bytes.first(head.recording_bytes), "input");
  reader::symbols::GivenAnswers given;
  (void)reader::symbols::parse_given(bytes.subspan(head.recording_bytes), given);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  std::vector<std::byte> file(size_bytes);
  if (size_bytes != 0) std::memcpy(file.data(), data, size_bytes);
  open_bundle(file);
  reader::symbols::GivenAnswers given;
  if (!reader::symbols::parse_given(file, given) && given.size() > size_bytes) std::abort();
  if (size_bytes < sizeof(BundleHead)) return 0;
  const uint32_t sum = ring::crc32c(file.data() + kSummedFrom, size_bytes - kSummedFrom);
  std::memcpy(file.data() + kChecksumAt, &sum, sizeof(sum));
  open_bundle(file);
  return 0;
}
