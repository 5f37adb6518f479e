// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/maps_reader.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cstring>

#include "hooks/os/raw_syscall.hpp"

namespace dbgtrace::hooks::os {
namespace {

// Reads a number and the one character behind it.
bool hex(const char*& at, const char* end, char terminator, uint64_t& value) {
  value = 0;
  const char* first = at;
  for (; at < end; ++at) {
    const char c = *at;
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  if (at == first || at == end || *at != terminator) return false;
  ++at;
  return true;
}

// "start-end perms offset major:minor inode   path"
bool parse(const char* at, const char* end, Mapping& mapping) {
  uint64_t start;
  uint64_t stop;
  if (!hex(at, end, '-', start) || !hex(at, end, ' ', stop) || end - at < 5) return false;
  mapping.start = start;
  mapping.end = stop;
  mapping.readable = at[0] == 'r';
  mapping.executable = at[2] == 'x';
  at += 5;
  if (!hex(at, end, ' ', mapping.offset)) return false;
  for (int field = 0; field < 2; ++field) {
    while (at < end && *at != ' ') ++at;
    while (at < end && *at == ' ') ++at;
  }
  mapping.path = std::string_view(at, static_cast<size_t>(end - at));
  mapping.is_file = mapping.path.starts_with('/');
  mapping.is_vdso = mapping.path == "[vdso]";
  return true;
}

}  // namespace

MapsReader::MapsReader(std::span<char> buffer)
    : buffer_(buffer),
      fd_(raw_syscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/maps"),
                      O_RDONLY | O_CLOEXEC)) {}

MapsReader::~MapsReader() {
  if (is_open()) raw_syscall(SYS_close, fd_);
}

bool MapsReader::next(Mapping& mapping) {
  const char* begin;
  const char* end;
  return is_open() && next_line(begin, end) && parse(begin, end, mapping);
}

bool MapsReader::next_line(const char*& begin, const char*& end) {
  for (;;) {
    char* data = buffer_.data() + begin_;
    const size_t available = end_ - begin_;
    if (void* newline = std::memchr(data, '\n', available)) {
      const bool rest_of_cut_line = in_cut_line_;
      in_cut_line_ = false;
      begin_ = static_cast<size_t>(static_cast<char*>(newline) - buffer_.data()) + 1;
      if (rest_of_cut_line) continue;
      begin = data;
      end = static_cast<char*>(newline);
      return true;
    }
    if (available == buffer_.size()) {  // a line longer than the buffer: its head will do
      const bool rest_of_cut_line = in_cut_line_;
      in_cut_line_ = true;
      begin_ = end_ = 0;
      if (rest_of_cut_line) continue;
      begin = data;
      end = data + available;
      return true;
    }
    std::memmove(buffer_.data(), data, available);
    begin_ = 0;
    end_ = available;
    long got;
    do {
      got = raw_syscall(SYS_read, fd_, reinterpret_cast<long>(buffer_.data() + end_),
                        static_cast<long>(buffer_.size() - end_));
    } while (got == -EINTR);
    if (got <= 0) return false;
    end_ += static_cast<size_t>(got);
  }
}

}  // namespace dbgtrace::hooks::os
