// SPDX-License-Identifier: Apache-2.0
// The loaded ELF objects, read from /proc/self/maps by raw system calls, for systems whose loader
// has no index of its own. Two buffers: a refresh fills the one that is not in use and swaps. A
// reader that was overtaken by two refreshes notices it by the buffer's sequence number and misses.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace dbgtrace::hooks::stack {

struct Module {
  uintptr_t map_start = 0;
  uintptr_t map_end = 0;
  uintptr_t eh_frame_hdr = 0;
};

// Thread-safety: yes. Signal-safety: yes. Allocates: never (48 KiB of .bss, touched as used).
class ModuleList {
 public:
  static constexpr size_t kCapacity = 1024;  // modules beyond it are not known

  constexpr ModuleList() = default;

  bool find(uintptr_t pc, Module& module) const;
  // False if another thread of this process is refreshing, or the maps cannot be read.
  bool refresh();
  size_t size() const;

 private:
  struct Entry {
    std::atomic<uintptr_t> map_start{0};
    std::atomic<uintptr_t> map_end{0};
    std::atomic<uintptr_t> eh_frame_hdr{0};
  };
  struct Buffer {
    std::atomic<uint32_t> sequence{0};  // odd while it is being filled
    std::atomic<uint32_t> count{0};
    Entry entries[kCapacity];
  };

  bool fill(Buffer& buffer);

  Buffer buffers_[2];
  std::atomic<uint32_t> active_{0};
  std::atomic<long> refreshing_pid_{0};  // a pid, so that a fork in mid-refresh locks nobody out
};

}  // namespace dbgtrace::hooks::stack
