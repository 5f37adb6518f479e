// SPDX-License-Identifier: Apache-2.0
// Tells a copied address space (fork, raw clone) from a shared one (vfork, CLONE_VM): one word on a
// page that the kernel empties in every copy. The address space decides whose event it is, not the
// pid.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::process {

// What the page says where it was not emptied.
inline constexpr uint32_t kOwnSpace = 1;

// Thread-safety: yes. Signal-safety: yes. Allocates: never (one page from mmap).
class AddressSpace {
 public:
  // may_probe: madvise may be called. Without it, or on kernels before 4.14, raw clones without
  // CLONE_VM go unnoticed unless the pid may be asked for, which then is done once a sample.
  void start(bool may_probe);

  // Whether this is still the address space that start() or adopt() was called in.
  bool is_own() const {
    if (word_ != nullptr && !by_pid_) [[likely]]
      return word_->load(std::memory_order_relaxed) == kOwnSpace;
    return is_own_by_pid();
  }

  // Makes the copy the owner. Called by one thread of the child.
  void adopt();

 private:
  bool is_own_by_pid() const;

  std::atomic<uint32_t>* word_ = nullptr;
  bool by_pid_ = false;
  uint32_t pid_ = 0;
};

}  // namespace dbgtrace::hooks::process
