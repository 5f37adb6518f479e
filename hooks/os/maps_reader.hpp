// SPDX-License-Identifier: Apache-2.0
// /proc/self/maps, line by line, by raw system calls and into the caller's buffer: what the loader
// and the C library would tell only by way of locks and malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dbgtrace::hooks::os {

struct Mapping {
  uintptr_t start = 0;
  uintptr_t end = 0;
  uint64_t offset = 0;
  bool readable = false;
  bool executable = false;
  bool is_file = false;  // the path starts with '/'
  bool is_vdso = false;
  std::string_view path;  // until the next line is read; may be cut
};

// Thread-safety: one thread. Signal-safety: yes. Allocates: never; holds one fd while it lives.
class MapsReader {
 public:
  // The buffer must hold a line up to its path (128 bytes do); longer lines are cut.
  explicit MapsReader(std::span<char> buffer);
  ~MapsReader();
  MapsReader(const MapsReader&) = delete;
  MapsReader& operator=(const MapsReader&) = delete;

  bool is_open() const { return fd_ >= 0; }
  // False at the end, or at a line that makes no sense.
  bool next(Mapping& mapping);

 private:
  bool next_line(const char*& begin, const char*& end);

  std::span<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool in_cut_line_ = false;
  long fd_;
};

}  // namespace dbgtrace::hooks::os
