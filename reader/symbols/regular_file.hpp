// SPDX-License-Identifier: Apache-2.0
// Files that a stranger named, a recording or debug information: opened without side effects, and
// read no further than is wanted.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace dbgtrace::reader::symbols {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// No descriptor if it can't be opened, is no regular file or empty; why stays empty if it is not
// there.
FileDescriptor open_regular(const std::string& path, std::string& why);

// What the file holds, but no more than it had at the first look. Empty if it can't be read or is
// of more than most_bytes.
std::string read_whole(const FileDescriptor& fd, size_t most_bytes);

}  // namespace dbgtrace::reader::symbols
