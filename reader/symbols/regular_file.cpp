// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/regular_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dbgtrace::reader::symbols {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

// A recording may name anything. Looked at before it is opened: opening alone starts a watchdog,
// rewinds a tape, waits for a FIFO's writer. Files of the kernel's, which are as empty as a file
// can look, may be waited for (/proc/kmsg) or never end.
FileDescriptor open_regular(const std::string& path, std::string& why) {
  struct stat info;
  const auto is_wanted = [&why, &info] {
    why = !S_ISREG(info.st_mode) ? "not a regular file" : info.st_size == 0 ? "empty" : "";
    return why.empty();
  };
  if (stat(path.c_str(), &info) != 0) {
    why = errno == ENOENT || errno == ENOTDIR ? "" : std::strerror(errno);
    return FileDescriptor();
  }
  if (!is_wanted()) return FileDescriptor();
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    why = std::strerror(errno);
  } else if (fstat(fd.get(), &info) != 0 || !is_wanted()) {
    return FileDescriptor();
  }
  return fd;
}

std::string read_whole(const FileDescriptor& fd, size_t most_bytes) {
  struct stat info;
  if (!fd || fstat(fd.get(), &info) != 0 || static_cast<size_t>(info.st_size) > most_bytes)
    return {};
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t count = read(fd.get(), bytes.data() + used, bytes.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    used += static_cast<size_t>(count);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace dbgtrace::reader::symbols
