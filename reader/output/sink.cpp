// SPDX-License-Identifier: Apache-2.0
#include "reader/output/sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dbgtrace::reader::output {
namespace {

bool write_all(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

std::string failure(const std::string& path) {
  return fmt::format("{}: can't be written: {}", path, std::strerror(errno));
}

}  // namespace

std::string deliver(const std::string& text, const std::string& path) {
  if (path.empty() || path == "-") {
    if (write_all(STDOUT_FILENO, text) || errno == EPIPE) return "";
    return failure("standard output");
  }
  // Something that is no regular file (/dev/stdout, a pipe) is written to, not replaced.
  struct stat found {};
  if (stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return failure(path);
    const bool written = write_all(fd, text);
    const int error = errno;
    close(fd);
    errno = error;
    return written ? "" : failure(path);
  }
  const std::string draft = fmt::format("{}.{}.part", path, getpid());
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return failure(path);
  const bool written = write_all(fd, text);
  const bool closed = close(fd) == 0;
  if (written && closed && rename(draft.c_str(), path.c_str()) == 0) return "";
  const std::string problem = failure(path);
  unlink(draft.c_str());
  return problem;
}

}  // namespace dbgtrace::reader::output
