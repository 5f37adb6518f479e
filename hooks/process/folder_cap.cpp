// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/folder_cap.hpp"

#include <sys/file.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"
#include "hooks/process/output_path.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::hooks::process {
namespace {

struct DirectoryEntry {  // linux_dirent64
  uint64_t inode;
  int64_t next;
  uint16_t size_bytes;
  uint8_t type;
  char name[1];
};

// A recording that may be removed.
struct Candidate {
  char name[256] = {};
  uint64_t bytes = 0;
  int64_t age_key = 0;  // mtime in ns
};

// The oldest ones of a survey, so that a folder of many small files takes few surveys.
struct Oldest {
  static constexpr uint32_t kMost = 64;
  Candidate entries[kMost];
  uint32_t count = 0;

  void offer(std::string_view name, uint64_t bytes, int64_t age_key) {
    if (count == kMost && age_key >= entries[count - 1].age_key) return;
    uint32_t at = count < kMost ? count++ : count - 1;
    for (; at > 0 && entries[at - 1].age_key > age_key; --at) entries[at] = entries[at - 1];
    std::memcpy(entries[at].name, name.data(), name.size() + 1);
    entries[at].bytes = bytes;
    entries[at].age_key = age_key;
  }
};

struct Recording {
  bool grows;      // may come to take its full size
  bool removable;  // finished and not crashed
};

Recording inspect(long folder, const char* name) {
  os::Descriptor file(os::raw_syscall(SYS_openat, folder, os::as_argument(name),
                                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.ok()) return {};
  char magic[8] = {};
  uint32_t pid = 0, flags = 0;
  ring::State state{};
  auto read_at = [&](void* data, size_t size, size_t offset) {
    return os::raw_syscall(SYS_pread64, file.get(), os::as_argument(data), static_cast<long>(size),
                           static_cast<long>(offset)) == static_cast<long>(size);
  };
  constexpr size_t kLive = offsetof(ring::Header, live);
  if (!read_at(magic, sizeof(magic), 0) || std::memcmp(magic, ring::kMagic, sizeof(magic)) != 0 ||
      !read_at(&pid, sizeof(pid), offsetof(ring::Header, pid)) ||
      !read_at(&state, sizeof(state), kLive + offsetof(ring::LiveHeader, state)) ||
      !read_at(&flags, sizeof(flags), kLive + offsetof(ring::LiveHeader, flags))) {
    return {};
  }
  if (state != ring::State::kRunning) return {false, state != ring::State::kCrashed};
  // Says so for ever after a SIGKILL: ask for the process.
  const long alive = os::raw_syscall(SYS_kill, static_cast<long>(pid), 0);
  if (pid != 0 && alive == -3 /* ESRCH */) return {false, true};
  return {(flags & ring::kFlagUncounted) == 0, false};
}

// Calls visit(name, status) for each recording of the folder until it returns false.
template <typename Visit>
void visit_recordings(long folder, Visit visit) {
  alignas(8) static constinit char buffer[8192] = {};
  os::raw_syscall(SYS_lseek, folder, 0, SEEK_SET);
  for (;;) {
    const long got =
        os::raw_syscall(SYS_getdents64, folder, os::as_argument(buffer), sizeof(buffer));
    if (got <= 0) return;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->size_bytes;
      const std::string_view name(entry->name);
      struct stat status {};
      if (!name.ends_with(".dbgt") || name.size() >= sizeof(Candidate::name) ||
          os::raw_syscall(SYS_newfstatat, folder, os::as_argument(entry->name),
                          os::as_argument(&status), AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISREG(status.st_mode)) {
        continue;
      }
      if (!visit(name, status)) return;
    }
  }
}

uint64_t blocks_of(const struct stat& status) {
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

// Sums what the folder's recordings take and finds the oldest removable ones.
uint64_t survey(long folder, Oldest& oldest, uint64_t deadline_ns) {
  uint64_t total = 0;
  oldest.count = 0;
  visit_recordings(folder, [&](std::string_view name, const struct stat& status) {
    const Recording recording = inspect(folder, name.data());
    const uint64_t blocks = blocks_of(status);
    const uint64_t bytes =
        recording.grows ? std::max(static_cast<uint64_t>(status.st_size), blocks) : blocks;
    total += bytes;
    const int64_t age_key = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    if (recording.removable) oldest.offer(name, bytes, age_key);
    return deadline_ns == ~uint64_t{0} || os::monotonic_ns() < deadline_ns;
  });
  return total;
}

long open_folder_of(const char* path) {
  static constinit char buffer[kMaxPath] = {};
  os::Text folder(buffer, sizeof(buffer));
  const std::string_view whole(path);
  folder.add(std::string_view(whole.data(), whole.rfind('/') + 1));
  return os::open_file(folder.c_str(), O_RDONLY | O_DIRECTORY);
}

}  // namespace

FolderCap::~FolderCap() {
  if (folder_ >= 0) os::raw_syscall(SYS_close, folder_);
}

Room FolderCap::make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes,
                          uint64_t deadline_ns) {
  folder_ = open_folder_of(path);
  if (folder_ < 0) return Room::kMade;  // creating the file will say what is wrong
  constexpr int kLockTries = 20;
  for (int i = 0; os::raw_syscall(SYS_flock, folder_, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (i == kLockTries) return Room::kBusy;
    const timespec pause{0, 1'000'000};
    os::raw_syscall(SYS_nanosleep, os::as_argument(&pause), 0);
  }
  constexpr int kSurveys = 8;
  static constinit Oldest oldest;
  for (int i = 0; i < kSurveys; ++i) {
    uint64_t bytes = survey(folder_, oldest, deadline_ns) + new_bytes;
    if (os::monotonic_ns() >= deadline_ns) return Room::kBusy;
    for (uint32_t k = 0; k < oldest.count && bytes > total_bytes; ++k) {
      const Candidate& next = oldest.entries[k];
      if (os::raw_syscall(SYS_unlinkat, folder_, os::as_argument(next.name), 0) != 0)
        return Room::kNone;
      bytes -= std::min(bytes, next.bytes);
    }
    if (bytes <= total_bytes) return Room::kMade;
    if (oldest.count < Oldest::kMost) return Room::kNone;
  }
  return Room::kNone;
}

bool FolderCap::is_over(const char* path, uint64_t total_bytes, uint64_t deadline_ns) {
  const os::Descriptor folder(open_folder_of(path));
  uint64_t bytes = 0;
  if (!folder.ok()) return false;
  visit_recordings(folder.get(), [&](std::string_view, const struct stat& status) {
    bytes += blocks_of(status);
    return bytes <= total_bytes && os::monotonic_ns() < deadline_ns;
  });
  return bytes > total_bytes;
}

}  // namespace dbgtrace::hooks::process
