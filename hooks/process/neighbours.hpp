// SPDX-License-Identifier: Apache-2.0
// The other recordings of a folder: what they are, and whether their processes still run. Asked of
// their headers, which may lie, and of the kernel.
//
// Used by one thread at a time, perhaps on a small stack: its large buffers are static.
#pragma once

#include <cstdint>
#include <string_view>

#include "hooks/os/files.hpp"
#include "hooks/process/facts.hpp"

namespace dbgtrace::hooks::process {

inline constexpr uint32_t kMaxName = 256;

struct Neighbour {
  bool grows;         // may come to take its full size
  bool removable;     // finished and not crashed
  bool same_program;  // its executable has the name of ours
  uint64_t start_unix_ns;
};

// A file that is no recording is none of these. Where it can't be known whether a process runs
// (another machine, another container), it does, until its recording has had no event for a day.
// Thread-safety: one thread. Signal-safety: yes. Allocates: never.
Neighbour inspect(long folder, const char* name, const Facts& here);

struct DirectoryEntry {  // linux_dirent64
  uint64_t inode;
  int64_t next;
  uint16_t size_bytes;
  uint8_t type;
  char name[1];
};

// Calls visit(name, status) for each *.dbgt of the folder until it returns false.
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
      if (!name.ends_with(".dbgt") || name.size() >= kMaxName ||
          os::raw_syscall(SYS_newfstatat, folder, os::as_argument(entry->name),
                          os::as_argument(&status), AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISREG(status.st_mode)) {
        continue;
      }
      if (!visit(name, status)) return;
    }
  }
}

}  // namespace dbgtrace::hooks::process
