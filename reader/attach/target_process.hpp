// SPDX-License-Identifier: Apache-2.0
// The process to attach to: what stands against it, and where things are in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reader/attach/process_memory.hpp"
#include "reader/attach/remote_module.hpp"

namespace dbgtrace::reader::attach {

// One sentence, and what can be done. Empty: nothing stands against it.
struct Obstacle {
  std::string sentence;
  std::string way_out;
  explicit operator bool() const { return !sentence.empty(); }
};

// Fields of /proc/PID/status by name; empty if there is none.
std::string status_field(pid_t pid, const std::string& name);

// What is known without touching the process.
Obstacle obstacle_of(pid_t pid);

// Why ptrace was refused.
Obstacle refusal_of(pid_t pid, int error);

struct CodeRange {
  uint64_t start = 0, end = 0;
  bool holds(uint64_t pc) const { return pc >= start && pc < end; }
};

// Where the functions are that the attach calls, and the code in which a thread can't be borrowed.
struct TargetCode {
  RemoteSymbol open;           // dlopen; without it:
  RemoteSymbol open_internal;  // __libc_dlopen_mode, before glibc 2.34 in programs without libdl
  RemoteSymbol error_text;     // dlerror
  RemoteSymbol map, unmap;     // mmap, munmap
  RemoteSymbol change_stack;   // sigaltstack
  uint64_t restorer = 0;       // the C library's way out of a signal handler
  int64_t errno_offset = 0;    // from the thread pointer on; 0: unknown
  uint64_t loader_state = 0;   // address of _r_debug
  std::string loader_path;
  std::string libc_path;
  std::vector<CodeRange> loader;  // the dynamic loader
  std::vector<CodeRange> libc;
  std::vector<CodeRange> allocator;  // functions of malloc, or the whole of another allocator
  std::vector<CodeRange> recorder;   // libdbgtrace.so, if it is there
  uint64_t answer = 0;               // its dbgtrace_attach; 0: not there
};

// Obstacle: the process has no C library that is known.
Obstacle find_code(pid_t pid, const ProcessMemory& memory, TargetCode& code);
// Looks for the recorder again, after it was loaded.
void find_recorder(const std::vector<Mapping>& mappings, const ProcessMemory& memory,
                   TargetCode& code);

bool in_any(const std::vector<CodeRange>& ranges, uint64_t pc);

}  // namespace dbgtrace::reader::attach
