// SPDX-License-Identifier: Apache-2.0
// An ELF file on disk before it is trusted: opened without side effects, and compared with the
// build-id that it should have.
#pragma once

#include <gelf.h>

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

bool is_build_id(const std::string& hex);
// Lower-case hex; empty if there is none.
std::string build_id_of(Elf* elf);

// Why this is not a program, library or debug file with that build-id (any, if empty). Empty: it
// is.
std::string refusal_of(int fd, const std::string& build_id_hex);

}  // namespace dbgtrace::reader::symbols
