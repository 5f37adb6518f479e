// SPDX-License-Identifier: Apache-2.0
// What a recording would meet on this machine, or inside a running process: C library, rights,
// limits, room. Gathered here, judged by checkup.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dbgtrace::reader::target {

inline constexpr uint64_t kNoLimit = ~uint64_t{0};

// Where recordings would be written: the folder, or the nearest one above it that is there.
struct OutputPlace {
  std::string folder;
  bool exists = false;
  bool writable = false;   // it, or the one in which it would be made
  bool read_only = false;  // the whole file system
  bool in_memory = false;  // tmpfs
  uint64_t free_bytes = 0;
};
OutputPlace look_at(const std::string& folder);

struct Limits {
  uint64_t file_bytes = kNoLimit, address_space_bytes = kNoLimit, descriptors = kNoLimit;
};

// A process that runs already.
struct RunningProcess {
  pid_t pid = 0;
  std::string executable;  // as it sees its path
  bool readable = false;   // we may look into it
  bool same_user = false;
  bool same_files = true;  // it lives in our mount namespace
  bool recorded = false;   // our library is loaded in it
  pid_t tracer = 0;
};

struct Surroundings {
  std::string libc;  // "glibc 2.36"; empty: unknown
  uint32_t libc_major = 0, libc_minor = 0;
  std::string kernel;
  std::string library;        // path; empty: not found
  std::string looked_at;      // where it was searched
  std::string library_lacks;  // what the loader misses for it
  std::vector<OutputPlace> outputs;
  uint64_t size_bytes = 0;  // DBGTRACE_SIZE
  Limits limits;
  bool seccomp = false;
  bool container = false;
  std::optional<uint64_t> cgroup_memory_bytes;
  std::optional<int> yama_scope;  // absent: no yama
  bool may_trace_all = false;     // CAP_SYS_PTRACE
  std::optional<RunningProcess> process;
};

// Of this process, or of the running one with that pid (0: none).
Surroundings look_around(pid_t pid, const std::string& library, const std::string& looked_at,
                         const std::vector<std::string>& output_folders, uint64_t size_bytes);

}  // namespace dbgtrace::reader::target
