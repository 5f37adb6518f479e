// SPDX-License-Identifier: Apache-2.0
// The mapping of the recording can be lost: whoever cuts the file turns every access behind the cut
// into a SIGBUS in the program. Private memory then takes its place and the recorder stops.
//
// Mostly the signal itself tells (survive_lost_mapping in session.hpp). A thread that blocks
// SIGBUS, or a program that ignores it, would be killed by it without a word, so the file's last
// page is asked for before it is written: by a system call, which reports what a read would die of.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace dbgtrace::hooks::process {

// Thread-safety: yes. Signal-safety: yes. Allocates: never.
class OwnMapping {
 public:
  // ask_always: before every sample. Else the thread's mask is looked at once in kPeriod samples
  // and the file is asked for only where SIGBUS would be deadly: an exact recording can't pay more.
  void start(std::byte* base, uint64_t size_bytes, bool ask_always);

  // No system calls from now on: nothing is asked any more.
  void freeze() { frozen_.store(true, std::memory_order_relaxed); }

  // False if the file has been cut.
  bool is_whole() {
    if (t_trusted == 0) return look();
    --t_trusted;
    return true;
  }
  // The same, asked for in any case.
  bool is_whole_now() const;

  bool holds(const void* address) const;

  // Puts private memory there, once; false if the kernel refuses.
  bool replace();

 private:
  bool look();

  // Samples of this thread that need no look.
  static thread_local constinit uint32_t t_trusted __attribute__((tls_model("initial-exec")));

  std::atomic<std::byte*> base_{nullptr};
  std::atomic<uint64_t> size_bytes_{0};
  std::atomic<bool> replaced_{false};
  std::atomic<bool> frozen_{false};
  bool ask_always_ = true;
};

}  // namespace dbgtrace::hooks::process
