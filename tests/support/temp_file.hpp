// SPDX-License-Identifier: Apache-2.0
// A file that is gone at the end of the test.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>

namespace dbgtrace::tests {

class TempFile {
 public:
  explicit TempFile(std::span<const std::byte> bytes = {}) {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/dbgtrace-test-XXXXXX";
    fd_ = ::mkstemp(path_.data());
    if (fd_ < 0) throw std::runtime_error("no temporary file at " + path_);
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t written = ::write(fd_, bytes.data() + at, bytes.size() - at);
      if (written <= 0) throw std::runtime_error("can't write " + path_);
      at += static_cast<size_t>(written);
    }
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace dbgtrace::tests
