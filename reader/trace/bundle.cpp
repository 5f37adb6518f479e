// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/bundle.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "ring/checksum.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::reader::trace {
namespace {

constexpr char kMagic[8] = {'D', 'B', 'G', 'T', 'B', 'N', 'D', 'L'};
constexpr uint32_t kVersion = 1;
constexpr size_t kSummedFrom = offsetof(BundleHead, recording_bytes);
// Deflate makes at most 1032 bytes of one.
constexpr uint64_t kMostOfOneByte = 1032;
// Most of what packs that well is holes, which take no memory. Of the rest no more than recordings
// come to.
constexpr uint64_t kMostDataOfOneByte = 256, kMinDataBytes = uint64_t{64} << 20;
constexpr size_t kPageBytes = 4096;
constexpr uint64_t kMaxAppendixBytes = uint64_t{1} << 30;

uInt piece_of(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

void pack(z_stream& stream, std::span<const std::byte> bytes, bool last, std::string& packed) {
  char buffer[1 << 16];
  int state = Z_OK;
  do {
    const uInt piece = piece_of(bytes.size());
    // zlib only reads it.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = piece;
    bytes = bytes.subspan(piece);
    const int flush = last && bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof(buffer);
      state = deflate(&stream, flush);
      packed.append(buffer, sizeof(buffer) - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  if (last && state != Z_STREAM_END) throw std::runtime_error("zlib could not pack the recording");
}

uint32_t checksum_of(std::span<const std::byte> file) {
  return ring::crc32c(file.data() + kSummedFrom, file.size() - kSummedFrom);
}

}  // namespace

std::string pack_bundle(std::span<const std::byte> recording, std::string_view appendix) {
  BundleHead head{};
  std::memcpy(head.magic, kMagic, sizeof(kMagic));
  head.version = kVersion;
  head.recording_bytes = recording.size();
  head.appendix_bytes = appendix.size();
  std::string bundle(sizeof(head), '\0');
  z_stream stream{};
  if (deflateInit(&stream, Z_DEFAULT_COMPRESSION) != Z_OK) throw std::bad_alloc();
  pack(stream, recording, false, bundle);
  pack(stream, std::as_bytes(std::span(appendix)), true, bundle);
  deflateEnd(&stream);
  std::memcpy(bundle.data(), &head, sizeof(head));
  head.checksum = checksum_of(std::as_bytes(std::span(bundle)));
  std::memcpy(bundle.data(), &head, sizeof(head));
  return bundle;
}

bool is_bundle(std::span<const std::byte> begin) {
  return begin.size() >= sizeof(kMagic) && std::memcmp(begin.data(), kMagic, sizeof(kMagic)) == 0;
}

std::string bundle_problem(std::span<const std::byte> file, BundleHead& head) {
  if (file.size() < sizeof(head)) {
    return fmt::format("offset {}: cut inside the head of the bundle, which has {} bytes",
                       file.size(), sizeof(head));
  }
  std::memcpy(&head, file.data(), sizeof(head));
  if (head.version != kVersion) {
    return fmt::format("offset 8: version {} of a bundle, this dbgtrace reads version {}",
                       head.version, kVersion);
  }
  const uint64_t most = (file.size() - sizeof(head)) * kMostOfOneByte;
  if (head.recording_bytes > ring::kMaxFileBytes || head.appendix_bytes > kMaxAppendixBytes ||
      head.unpacked_bytes() > most) {
    return fmt::format("offset 16: claims {} and {} bytes, {} packed bytes hold at most {}",
                       head.recording_bytes, head.appendix_bytes, file.size() - sizeof(head), most);
  }
  if (const uint32_t sum = checksum_of(file); sum != head.checksum) {
    return fmt::format("offset 12: the bundle is damaged or cut: checksum {:08x}, found {:08x}",
                       head.checksum, sum);
  }
  return {};
}

bool unpack_bundle(std::span<const std::byte> file, std::span<std::byte> unpacked) {
  std::span<const std::byte> packed = file.subspan(sizeof(BundleHead));
  uint64_t data_left = kMinDataBytes + packed.size() * kMostDataOfOneByte;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  int state = Z_OK;
  bool fits = true;
  while (state == Z_OK && fits) {
    std::array<std::byte, kPageBytes> page;
    stream.next_out = reinterpret_cast<Bytef*>(page.data());
    stream.avail_out = kPageBytes;
    while (state == Z_OK && stream.avail_out > 0) {
      const uInt in = piece_of(packed.size());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
      stream.avail_in = in;
      state = inflate(&stream, Z_NO_FLUSH);  // Z_BUF_ERROR where nothing is left to read
      packed = packed.subspan(in - stream.avail_in);
    }
    const std::span<const std::byte> data(page.data(), kPageBytes - stream.avail_out);
    const bool is_hole =
        std::all_of(data.begin(), data.end(), [](std::byte byte) { return byte == std::byte{0}; });
    fits = data.size() <= unpacked.size() && (is_hole || data.size() <= data_left);
    if (!fits) break;
    if (!is_hole) {
      std::copy(data.begin(), data.end(), unpacked.begin());
      data_left -= data.size();
    }
    unpacked = unpacked.subspan(data.size());
  }
  inflateEnd(&stream);
  return fits && state == Z_STREAM_END && packed.empty() && unpacked.empty();
}

}  // namespace dbgtrace::reader::trace
