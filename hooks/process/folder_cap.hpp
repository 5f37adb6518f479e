// SPDX-License-Identifier: Apache-2.0
// DBGTRACE_TOTAL: keeps all recordings of a folder below a cap by removing the oldest finished,
// uncrashed ones.
//
// Used by one thread at a time, perhaps on a small stack: its large buffers are static.
#pragma once

#include <cstdint>

namespace dbgtrace::hooks::process {

enum class Room : uint8_t {
  kMade,
  kNone,  // what is left is running or has crashed
  kBusy,  // another process held the folder for too long, or there was no time
};

// Holds the folder's advisory lock from a successful make_room to the end of its scope, so that
// processes that start together do not all take the same room. Waits at most about 20 ms, and only
// where room must be made. Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class FolderCap {
 public:
  FolderCap() = default;
  ~FolderCap();
  FolderCap(const FolderCap&) = delete;
  FolderCap& operator=(const FolderCap&) = delete;

  // kMade if new_bytes more at path keep the folder's recordings (*.dbgt) within total_bytes. Each
  // counts with the blocks that it takes; one that runs and samples, with the size that it may
  // grow to. kBusy also if deadline_ns of the monotonic clock comes first.
  Room make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes,
                 uint64_t deadline_ns = ~uint64_t{0});

  // Whether the blocks of the folder's recordings pass total_bytes. Opens no file and takes no
  // lock: a sixth of the cost. Gives up, and says no, at deadline_ns of the monotonic clock.
  static bool is_over(const char* path, uint64_t total_bytes, uint64_t deadline_ns);

 private:
  long folder_ = -1;
};

}  // namespace dbgtrace::hooks::process
