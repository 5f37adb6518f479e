// SPDX-License-Identifier: Apache-2.0
// Calls of functions of another process by a thread of it that is borrowed, with memory made there
// for the time.
#pragma once

#include <span>
#include <string>

#include "reader/attach/borrowed_thread.hpp"
#include "ring/attach_call.hpp"

namespace dbgtrace::reader::attach {

// Thread-safety: the thread that traces.
class RemoteLibrary {
 public:
  // scratch: 0, or the memory that was made before and is there still.
  RemoteLibrary(pid_t pid, const ProcessMemory& memory, TargetCode& code, Borrowed& borrowed,
                uint64_t& scratch)
      : pid_(pid), memory_(memory), code_(code), borrowed_(borrowed), scratch_(scratch) {}
  ~RemoteLibrary();
  RemoteLibrary(const RemoteLibrary&) = delete;
  RemoteLibrary& operator=(const RemoteLibrary&) = delete;

  // Memory there, for a stack and the AttachCall; it stays until it is dropped.
  Obstacle make_scratch();
  void drop_scratch();
  // If the recorder is not there yet.
  Obstacle load(const std::string& library);
  // One step: fills in what every call has, makes it, reads the answer.
  Obstacle call(ring::AttachCall& call);

 private:
  bool call_function(uint64_t function, std::array<uint64_t, 6> arguments, bool on_scratch);
  std::string last_error();
  std::string visible_path(const std::string& library, Obstacle& obstacle);
  std::string copy_in(const std::string& library, Obstacle& obstacle);
  void remember_errno();

  pid_t pid_;
  const ProcessMemory& memory_;
  TargetCode& code_;
  Borrowed& borrowed_;
  uint64_t& scratch_;
  uint64_t errno_address_ = 0;
  int errno_before_ = 0;
  int copied_fd_ = -1;
};

// The alternate stack of a stopped thread, which makes the call itself: 0 if it was given none,
// else its lowest byte; the thread has none then.
uint64_t take_stack_of(TracedThread& thread, const ProcessMemory& memory, const TargetCode& code,
                       int64_t offset);

}  // namespace dbgtrace::reader::attach
