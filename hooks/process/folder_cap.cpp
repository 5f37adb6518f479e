// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/folder_cap.hpp"

#include <sys/file.h>
#include <time.h>

#include <cstddef>
#include <cstring>
#include <string_view>

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

struct Candidate {
  char name[256] = {};
  uint64_t bytes = 0;
  int64_t age_key = 0;  // mtime in ns
};

struct Recording {
  bool valid;
  bool removable;  // finished and not crashed
};

Recording inspect(long folder, const char* name) {
  Recording result{};
  os::Descriptor file(os::raw_syscall(SYS_openat, folder, os::as_argument(name),
                                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.ok()) return result;
  char magic[8] = {};
  struct {
    uint32_t pid;
    ring::State state;
  } fields{};
  uint64_t start_ticks = 0;
  auto read_at = [&](void* data, size_t size, size_t offset) {
    return os::raw_syscall(SYS_pread64, file.get(), os::as_argument(data), static_cast<long>(size),
                           static_cast<long>(offset)) == static_cast<long>(size);
  };
  if (!read_at(magic, sizeof(magic), 0) || std::memcmp(magic, ring::kMagic, sizeof(magic)) != 0)
    return result;
  result.valid =
      read_at(&fields.pid, 4, offsetof(ring::Header, pid)) &&
      read_at(&start_ticks, 8, offsetof(ring::Header, process_start_ticks)) &&
      read_at(&fields.state, 4, offsetof(ring::Header, live) + offsetof(ring::LiveHeader, state));
  // Says so for ever after a SIGKILL: ask for the process.
  if (fields.state == ring::State::kRunning) {
    const long alive = os::raw_syscall(SYS_kill, static_cast<long>(fields.pid), 0);
    result.removable = fields.pid != 0 && alive == -3 /* ESRCH */;
  } else {
    result.removable = fields.state != ring::State::kCrashed;
  }
  return result;
}

// Sums what the folder's recordings take and finds the oldest removable one.
uint64_t survey(long folder, Candidate& oldest) {
  uint64_t total = 0;
  alignas(8) static constinit char buffer[8192] = {};
  os::raw_syscall(SYS_lseek, folder, 0, SEEK_SET);
  for (;;) {
    const long got =
        os::raw_syscall(SYS_getdents64, folder, os::as_argument(buffer), sizeof(buffer));
    if (got <= 0) return total;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->size_bytes;
      const std::string_view name(entry->name);
      if (!name.ends_with(".dbgt") || name.size() >= sizeof(oldest.name)) continue;
      struct stat status {};
      if (os::raw_syscall(SYS_newfstatat, folder, os::as_argument(entry->name),
                          os::as_argument(&status), AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISREG(status.st_mode)) {
        continue;
      }
      const Recording recording = inspect(folder, entry->name);
      const uint64_t blocks = static_cast<uint64_t>(status.st_blocks) * 512;
      const uint64_t bytes =
          recording.valid && !recording.removable ? static_cast<uint64_t>(status.st_size) : blocks;
      total += bytes > blocks ? bytes : blocks;
      const int64_t key = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
      if (recording.removable && (oldest.name[0] == '\0' || key < oldest.age_key)) {
        std::memcpy(oldest.name, name.data(), name.size() + 1);
        oldest.bytes = bytes;
        oldest.age_key = key;
      }
    }
  }
}

}  // namespace

FolderCap::~FolderCap() {
  if (folder_ >= 0) os::raw_syscall(SYS_close, folder_);
}

bool FolderCap::make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes) {
  static constinit char buffer[kMaxPath] = {};
  os::Text folder(buffer, sizeof(buffer));
  const std::string_view whole(path);
  folder.add(std::string_view(whole.data(), whole.rfind('/') + 1));
  folder_ = os::open_file(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (folder_ < 0) return true;  // creating the file will say what is wrong
  constexpr int kLockTries = 20;
  for (int i = 0; os::raw_syscall(SYS_flock, folder_, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (i == kLockTries) return false;
    const timespec pause{0, 1'000'000};
    os::raw_syscall(SYS_nanosleep, os::as_argument(&pause), 0);
  }
  for (int removals = 0; removals < 256; ++removals) {
    static constinit Candidate oldest;
    oldest = Candidate{};
    if (survey(folder_, oldest) + new_bytes <= total_bytes) return true;
    if (oldest.name[0] == '\0') return false;
    if (os::raw_syscall(SYS_unlinkat, folder_, os::as_argument(oldest.name), 0) != 0) return false;
  }
  return false;
}

}  // namespace dbgtrace::hooks::process
