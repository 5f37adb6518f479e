// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/file_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "reader/trace/bundle.hpp"

namespace dbgtrace::reader::trace {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

LoadError system_error(const std::string& path, const char* action) {
  return {fmt::format("{}: cannot {}: {}", path, action, std::strerror(errno)), 0};
}

// A recording is for the user of its process alone: says who that is.
LoadError open_error(const std::string& path) {
  const bool is_refused = errno == EACCES;
  LoadError error = system_error(path, "open it");
  struct stat status;
  if (!is_refused || ::stat(path.c_str(), &status) != 0) return error;
  const passwd* const owner = ::getpwuid(status.st_uid);
  error.message +=
      fmt::format("; it belongs to {}: read it as that user or as root",
                  owner == nullptr ? fmt::format("user {}", status.st_uid) : owner->pw_name);
  return error;
}

struct Extent {
  uint64_t begin;
  uint64_t end;
};

// The next run of data at or after `from`; empty at the end. Without support for holes all is data.
Extent next_data(int fd, uint64_t from, uint64_t limit) {
  const off_t begin = ::lseek(fd, static_cast<off_t>(from), SEEK_DATA);
  if (begin < 0) return errno == ENXIO ? Extent{limit, limit} : Extent{from, limit};
  const off_t end = ::lseek(fd, begin, SEEK_HOLE);
  const uint64_t first = std::min(static_cast<uint64_t>(begin), limit);
  return {first, end < begin ? limit : std::min(static_cast<uint64_t>(end), limit)};
}

// Bytes read; fewer than the extent's if the file was truncated meanwhile. Negative on an error.
ssize_t read_extent(int fd, std::byte* base, Extent extent) {
  uint64_t at = extent.begin;
  while (at < extent.end) {
    const ssize_t count = ::pread(fd, base + at, extent.end - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    at += static_cast<uint64_t>(count);
  }
  return static_cast<ssize_t>(at - extent.begin);
}

bool begins_as_bundle(int fd) {
  std::byte begin[8];
  return ::pread(fd, begin, sizeof(begin), 0) == sizeof(begin) && is_bundle(begin);
}

std::byte* map_memory(uint64_t size_bytes) {
  void* place = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return place == MAP_FAILED ? nullptr : static_cast<std::byte*>(place);
}

LoadError no_memory(const std::string& path, uint64_t size_bytes) {
  return {
      fmt::format("{}: no memory for its {} bytes; raise the limit of address space (ulimit -v)",
                  path, size_bytes),
      0};
}

}  // namespace

Result<FileImage> FileImage::read(const std::string& path, uint64_t limit_bytes) {
  // Non-blocking, or a named pipe that nobody writes to would be waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return open_error(path);
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return system_error(path, "read its status");
  if (!S_ISREG(status.st_mode)) {
    return LoadError{
        fmt::format("{}: not a regular file; give the path of a recording (*.dbgt)", path), 0};
  }
  FileImage image;
  image.file_bytes_ = static_cast<uint64_t>(status.st_size);
  const bool packed = begins_as_bundle(file.get());
  image.size_bytes_ = packed ? image.file_bytes_ : std::min(image.file_bytes_, limit_bytes);
  if (image.size_bytes_ == 0) return image;
  if (image.size_bytes_ > kMaxBytes) {
    return LoadError{
        fmt::format(
            "{}: {} bytes, this dbgtrace reads at most {}; record with a smaller DBGTRACE_SIZE",
            path, image.size_bytes_, kMaxBytes),
        0};
  }
  image.base_ = map_memory(image.size_bytes_);
  if (image.base_ == nullptr) return no_memory(path, image.size_bytes_);
  image.mapped_bytes_ = image.size_bytes_;

  for (uint64_t at = 0; at < image.size_bytes_;) {
    const Extent extent = next_data(file.get(), at, image.size_bytes_);
    const ssize_t count = read_extent(file.get(), image.base_, extent);
    if (count < 0) return system_error(path, "read it");
    at = extent.end;
    if (static_cast<uint64_t>(count) < extent.end - extent.begin) {
      image.size_bytes_ = extent.begin + static_cast<uint64_t>(count);
    }
  }
  if (packed) return image.unpacked(path);
  return image;
}

Result<FileImage> FileImage::unpacked(const std::string& path) const {
  BundleHead head;
  if (const std::string problem = bundle_problem(bytes(), head); !problem.empty()) {
    return LoadError{fmt::format("{}: {}; copy the whole file again", path, problem), 0};
  }
  FileImage image;
  image.file_bytes_ = file_bytes_;
  image.from_bundle_ = true;
  if (head.unpacked_bytes() > 0) {
    image.base_ = map_memory(head.unpacked_bytes());
    if (image.base_ == nullptr) return no_memory(path, head.unpacked_bytes());
  }
  image.mapped_bytes_ = head.unpacked_bytes();
  image.size_bytes_ = head.recording_bytes;
  image.appendix_bytes_ = head.appendix_bytes;
  if (!unpack_bundle(bytes(), {image.base_, image.mapped_bytes_})) {
    return LoadError{
        fmt::format("{}: offset {}: the packed bytes are not {} bytes; make the bundle anew", path,
                    sizeof(head), head.unpacked_bytes()),
        sizeof(head)};
  }
  return image;
}

FileImage::FileImage(FileImage&& other) noexcept { *this = std::move(other); }

FileImage& FileImage::operator=(FileImage&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_bytes_, other.size_bytes_);
  std::swap(appendix_bytes_, other.appendix_bytes_);
  std::swap(mapped_bytes_, other.mapped_bytes_);
  std::swap(file_bytes_, other.file_bytes_);
  std::swap(from_bundle_, other.from_bundle_);
  return *this;
}

FileImage::~FileImage() {
  if (base_ != nullptr) ::munmap(base_, mapped_bytes_);
}

}  // namespace dbgtrace::reader::trace
