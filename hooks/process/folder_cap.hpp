// SPDX-License-Identifier: Apache-2.0
// DBGTRACE_TOTAL: keeps all recordings of a folder below a cap by removing the oldest finished,
// uncrashed ones.
//
// Runs only while one thread starts a recording, perhaps on a small stack: its large buffers are
// static.
#pragma once

#include <cstdint>

namespace dbgtrace::hooks::process {

// Holds the folder's advisory lock from a successful make_room to the end of its scope, so that
// processes that start together do not all take the same room. Waits at most about 20 ms, and only
// where room must be made. Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class FolderCap {
 public:
  FolderCap() = default;
  ~FolderCap();
  FolderCap(const FolderCap&) = delete;
  FolderCap& operator=(const FolderCap&) = delete;

  // True if a new recording of new_bytes at path keeps the folder's recordings (*.dbgt) within
  // total_bytes. A finished recording counts with the blocks that it takes, a running one with the
  // size that it may grow to.
  bool make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes);

 private:
  long folder_ = -1;
};

}  // namespace dbgtrace::hooks::process
