// SPDX-License-Identifier: Apache-2.0
// The frames of a stopped thread of another process, by its objects' call frame information.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

struct Dwfl;

namespace dbgtrace::reader::attach {

struct ThreadFrames {
  std::vector<uint64_t> pcs;  // innermost first; ends where the information does
  bool in_signal_handler = false;
};

// Thread-safety: the thread that traces the process.
class StackReader {
 public:
  explicit StackReader(pid_t pid);
  ~StackReader();
  StackReader(const StackReader&) = delete;
  StackReader& operator=(const StackReader&) = delete;

  // Only while that thread is stopped. Empty: not even the innermost is known.
  ThreadFrames frames_of(pid_t tid);

 private:
  std::unique_ptr<struct Callbacks> callbacks_;
  Dwfl* dwfl_ = nullptr;
};

}  // namespace dbgtrace::reader::attach
