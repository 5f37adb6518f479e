// SPDX-License-Identifier: Apache-2.0
// libFuzzer's mutations aimed at what a reader looks at: the used part of one of the recording's
// sections at a time, or of the names in a bundle, with sizes kept, and checksums and packing made
// to fit again. Now and then bytes are changed as they are, for the checks that come first.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "reader/trace/bundle.hpp"
#include "ring/checksum.hpp"
#include "ring/header_view.hpp"
#include "tests/support/repair.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size_bytes, size_t max_bytes);

using namespace dbgtrace;
using Bytes = std::vector<std::byte>;
using Random = std::minstd_rand;

namespace {

constexpr uint64_t kMaxUnpackedBytes = 1 << 20;  // more would only make the fuzzer slow
constexpr size_t kMostChangedBytes = 256;

struct Parts {
  bool packed = false;
  Bytes recording, names;
};

Parts take_apart(std::span<const std::byte> file) {
  using reader::trace::BundleHead;
  Parts parts;
  BundleHead head;
  if (reader::trace::is_bundle(file) && reader::trace::bundle_problem(file, head).empty() &&
      head.unpacked_bytes() <= kMaxUnpackedBytes) {
    Bytes unpacked(head.unpacked_bytes());
    if (reader::trace::unpack_bundle(file, unpacked)) {
      const auto middle = unpacked.begin() + static_cast<ptrdiff_t>(head.recording_bytes);
      parts.packed = true;
      parts.recording.assign(unpacked.begin(), middle);
      parts.names.assign(middle, unpacked.end());
      return parts;
    }
  }
  parts.recording.assign(file.begin(), file.end());
  return parts;
}

Bytes put_together(const Parts& parts) {
  if (!parts.packed) return parts.recording;
  const std::string names(reinterpret_cast<const char*>(parts.names.data()), parts.names.size());
  const std::string bundle = reader::trace::pack_bundle(parts.recording, names);
  const auto bytes = std::as_bytes(std::span(bundle));
  return {bytes.begin(), bytes.end()};
}

size_t below(Random& random, size_t limit) { return limit == 0 ? 0 : random() % limit; }

// Some bytes of those that are not the zeros at the end, or closely behind.
void change_somewhere(std::span<std::byte> bytes, Random& random) {
  size_t used = bytes.size();
  while (used > 0 && bytes[used - 1] == std::byte{0}) --used;
  used = std::min(bytes.size(), used + 64);
  if (used == 0) return;
  const size_t begin = below(random, used) / 8 * 8;
  constexpr size_t kSizes[] = {8, 16, 64, kMostChangedBytes};
  const size_t size = std::min(kSizes[below(random, std::size(kSizes))], bytes.size() - begin);
  uint8_t piece[kMostChangedBytes];
  std::memcpy(piece, bytes.data() + begin, size);
  LLVMFuzzerMutate(piece, size, size);
  std::memcpy(bytes.data() + begin, piece, size);
}

// One entry over another one: what is right by itself at a place where it is not.
void copy_entry(std::span<std::byte> bytes, size_t entry_bytes, Random& random) {
  if (entry_bytes == 0 || bytes.size() < 2 * entry_bytes) return;
  const size_t entries = bytes.size() / entry_bytes;
  const size_t from = below(random, entries), to = below(random, entries);
  std::memmove(bytes.data() + to * entry_bytes, bytes.data() + from * entry_bytes, entry_bytes);
}

void change_recording(Bytes& recording, Random& random) {
  ring::Header header;
  if (recording.size() < ring::kHeaderBytes ||
      ring::read_header(recording, header).problem != nullptr) {
    change_somewhere(recording, random);
    return;
  }
  const std::span<std::byte> all(recording);
  const size_t chosen = below(random, ring::kSectionCount + 2);
  if (chosen >= ring::kSectionCount) {
    change_somewhere(all.first(ring::kHeaderBytes), random);
    return;
  }
  const auto kind = static_cast<ring::SectionKind>(chosen);
  const ring::Section& section = ring::section_of(header, kind);
  const size_t size = ring::section_bytes(recording, header, kind).size();
  if (size == 0) return;
  const std::span<std::byte> bytes = all.subspan(section.offset_bytes, size);
  if (below(random, 8) == 0)
    copy_entry(bytes, std::max<size_t>(section.entry_bytes, 8), random);
  else
    change_somewhere(bytes, random);
}

// The checksum of each module's names, as symbols/answers.cpp and docs/bundle-format.md have it.
void repair_names(Bytes& names) {
  constexpr size_t kEntryHead = 16, kChecksumAt = 12, kSummedFrom = 16;
  for (size_t at = 0; at + kEntryHead <= names.size();) {
    uint32_t path_bytes, build_id_bytes;
    uint64_t answers_bytes;
    std::memcpy(&path_bytes, names.data() + at, 4);
    std::memcpy(&build_id_bytes, names.data() + at + 4, 4);
    std::memcpy(&answers_bytes, names.data() + at + 8, 8);
    at += kEntryHead;
    const uint64_t left = names.size() - at;
    const uint64_t before = uint64_t{path_bytes} + build_id_bytes;
    if (before > left || answers_bytes > left - before) return;
    at += before;
    if (answers_bytes >= kSummedFrom) {
      const uint32_t sum =
          ring::crc32c(names.data() + at + kSummedFrom, answers_bytes - kSummedFrom);
      std::memcpy(names.data() + at + kChecksumAt, &sum, sizeof(sum));
    }
    at += answers_bytes;
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size_bytes, size_t max_bytes,
                                          unsigned seed) {
  Random random(seed);
  if (size_bytes == 0 || below(random, 32) == 0)
    return LLVMFuzzerMutate(data, size_bytes, max_bytes);
  Parts parts = take_apart(std::as_bytes(std::span(data, size_bytes)));
  for (size_t changes = 1 + below(random, 4); changes > 0; --changes) {
    if (!parts.names.empty() && below(random, 4) == 0)
      change_somewhere(parts.names, random);
    else
      change_recording(parts.recording, random);
  }
  if (below(random, 64) == 0) parts.recording.resize(below(random, parts.recording.size() + 1));
  if (below(random, 16) != 0) {
    tests::repair(parts.recording);
    repair_names(parts.names);
  }
  const Bytes file = put_together(parts);
  if (file.size() > max_bytes) return LLVMFuzzerMutate(data, size_bytes, max_bytes);
  std::copy(file.begin(), file.end(), reinterpret_cast<std::byte*>(data));
  return file.size();
}
