// SPDX-License-Identifier: Apache-2.0
// The few file and memory calls that the recorder makes, all raw. No descriptor outlives the
// function that opened it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdint>

#include "hooks/os/raw_syscall.hpp"

namespace dbgtrace::hooks::os {

inline bool is_error(long result) { return result < 0 && result >= -4095; }

template <typename T>
long as_argument(T* pointer) {
  return static_cast<long>(reinterpret_cast<intptr_t>(pointer));
}

// A descriptor that is closed at the end of its scope. Negative: the kernel's error.
class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) raw_syscall(SYS_close, fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool ok() const { return fd_ >= 0; }
  long get() const { return fd_; }

 private:
  long fd_;
};

inline long open_file(const char* path, int flags, int mode = 0) {
  return raw_syscall(SYS_openat, AT_FDCWD, as_argument(path), flags | O_CLOEXEC | O_NOCTTY, mode);
}

// Reads up to capacity bytes from the start of a small file (procfs); the count, or negative.
inline long read_file(const char* path, char* buffer, long capacity) {
  Descriptor file(open_file(path, O_RDONLY));
  if (!file.ok()) return file.get();
  long total = 0;
  while (total < capacity) {
    const long got =
        raw_syscall(SYS_read, file.get(), as_argument(buffer + total), capacity - total);
    if (got <= 0) return total > 0 ? total : got;
    total += got;
  }
  return total;
}

// Whole buffer or nothing that matters: a log line. Interrupted writes go on.
inline void write_all(long fd, const char* data, uint64_t size_bytes) {
  while (size_bytes > 0) {
    const long done = raw_syscall(SYS_write, fd, as_argument(data), static_cast<long>(size_bytes));
    if (done == -4 /* EINTR */) continue;
    if (done <= 0) return;
    data += done;
    size_bytes -= static_cast<uint64_t>(done);
  }
}

inline void* map_memory(void* hint, uint64_t size_bytes, int protection, int flags, long fd) {
  const long result = raw_syscall(SYS_mmap, as_argument(hint), static_cast<long>(size_bytes),
                                  protection, flags, fd, 0);
  return is_error(result) ? nullptr : reinterpret_cast<void*>(result);
}

// Memory of ours between two pages that nobody can touch: a program that runs over the end of its
// own mapping must fault there, as it does without us, and not write into a recording.
inline void* map_guarded(uint64_t size_bytes, int protection, int flags, long fd) {
  constexpr uint64_t kGuardBytes = 4096;
  constexpr int kNobody = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  const uint64_t whole_bytes = (size_bytes + 4095) / 4096 * 4096 + 2 * kGuardBytes;
  auto* whole = static_cast<char*>(map_memory(nullptr, whole_bytes, PROT_NONE, kNobody, -1));
  if (whole == nullptr) return nullptr;
  void* inside = map_memory(whole + kGuardBytes, size_bytes, protection, flags | MAP_FIXED, fd);
  if (inside == nullptr) {
    raw_syscall(SYS_munmap, as_argument(whole), static_cast<long>(whole_bytes));
  }
  return inside;
}

inline void unmap_guarded(void* inside, uint64_t size_bytes) {
  constexpr uint64_t kGuardBytes = 4096;
  raw_syscall(SYS_munmap, as_argument(static_cast<char*>(inside) - kGuardBytes),
              static_cast<long>((size_bytes + 4095) / 4096 * 4096 + 2 * kGuardBytes));
}

inline long file_status(long fd, struct stat& status) {
#if defined(__x86_64__)
  return raw_syscall(SYS_fstat, fd, as_argument(&status));
#else
  return raw_syscall(SYS_newfstatat, fd, as_argument(""), as_argument(&status), AT_EMPTY_PATH);
#endif
}

inline long path_status(const char* path, struct stat& status) {
  return raw_syscall(SYS_newfstatat, AT_FDCWD, as_argument(path), as_argument(&status),
                     AT_SYMLINK_NOFOLLOW);
}

inline uint32_t process_id() { return static_cast<uint32_t>(raw_syscall(SYS_getpid)); }
inline uint32_t thread_id() { return static_cast<uint32_t>(raw_syscall(SYS_gettid)); }

}  // namespace dbgtrace::hooks::os
