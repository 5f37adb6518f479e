// SPDX-License-Identifier: Apache-2.0
// DBGTRACE_TOTAL and DBGTRACE_KEEP: keep all recordings of a folder below a cap, and those of one
// program to the newest ones, by removing the oldest that are finished and did not crash.
//
// Used by one thread at a time, perhaps on a small stack: its large buffers are static.
#pragma once

#include <cstdint>

#include "hooks/process/facts.hpp"

namespace dbgtrace::hooks::process {

enum class Room : uint8_t {
  kMade,
  kNone,  // what is left is running or has crashed
  kBusy,  // another process held the folder for too long, or there was no time
};

// Holds the folder's advisory lock from the first use to the end of its scope, so that
// processes that start together do not all take the same room. Waits at most about 20 ms, and only
// where room must be made. Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class FolderCap {
 public:
  explicit FolderCap(const Facts& here) : here_(here) {}
  ~FolderCap();
  FolderCap(const FolderCap&) = delete;
  FolderCap& operator=(const FolderCap&) = delete;

  // kMade if new_bytes more at path keep the folder's recordings (*.dbgt) within total_bytes. Each
  // counts with the blocks that it takes; one that runs and samples, with the size that it may
  // grow to. kBusy also if deadline_ns of the monotonic clock comes first.
  Room make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes,
                 uint64_t deadline_ns = ~uint64_t{0});

  // Removes what has `count` newer recordings of the program that we are in beside it.
  void keep_newest(const char* path, uint64_t count);

  // Whether the blocks of the folder's recordings pass total_bytes. Opens no file and takes no
  // lock: a sixth of the cost. Gives up, and says no, at deadline_ns of the monotonic clock.
  static bool is_over(const char* path, uint64_t total_bytes, uint64_t deadline_ns);

 private:
  bool lock(const char* path);
  bool remove(const char* name) const;

  const Facts& here_;
  long folder_ = -1;  // open and locked, or none
};

}  // namespace dbgtrace::hooks::process
