// SPDX-License-Identifier: Apache-2.0
// What procfs and the loader say about this process, gathered once by raw calls.
//
// Runs only while one thread starts a recording, perhaps on a small stack: its large buffers are
// static.
#pragma once

#include <cstdint>
#include <string_view>

namespace dbgtrace::hooks::process {

struct Facts {
  char exe[1024];      // path, empty if unknown
  char cmdline[2048];  // NUL-separated
  char host[64];
  uint8_t boot_id[16];
  uint64_t start_ticks;  // field 22 of /proc/self/stat
  uint64_t pid_namespace;
  uint32_t pid, uid, euid;
  bool secure;            // AT_SECURE: setuid and the like
  bool seccomp_filtered;  // a filter was brought along from before exec
  bool traced;            // a debugger or strace was there at the start
  bool own_proc;          // /proc shows this pid namespace
  bool container;         // not in the initial pid namespace: that filter answers with errors
  uint64_t file_size_limit_bytes;      // RLIMIT_FSIZE
  uint64_t address_space_limit_bytes;  // RLIMIT_AS

  // A filter came along from before exec and this is no container: an unusual system call may be
  // deadly, so only those are made that the start of every program makes.
  bool restricted() const { return seccomp_filtered && !container; }

  // The last part of exe.
  std::string_view name() const;
  // Whether exe or the name by which it was started has this last part.
  bool is_called(std::string_view name) const;
};

// Thread-safety: one thread at a time. Signal-safety: yes. Allocates: never.
void gather_facts(Facts& facts);

// Of a process of this pid namespace; 0 if nobody says.
uint64_t start_ticks_of(uint32_t pid);

}  // namespace dbgtrace::hooks::process
