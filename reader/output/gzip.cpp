// SPDX-License-Identifier: Apache-2.0
#include "reader/output/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace dbgtrace::reader::output {

std::string gzip(const std::string& bytes) {
  constexpr int kGzipWindow = 15 + 16;  // the largest window, and a gzip header
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string packed;
  std::string buffer(1 << 16, '\0');
  auto* rest = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  size_t left = bytes.size();
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0) {
      const size_t part = std::min<size_t>(left, std::numeric_limits<uInt>::max());
      stream.next_in = rest;
      stream.avail_in = static_cast<uInt>(part);
      rest += part;
      left -= part;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
    packed.append(buffer, 0, buffer.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (state != Z_STREAM_END) throw std::runtime_error("zlib could not compress the result");
  return packed;
}

}  // namespace dbgtrace::reader::output
