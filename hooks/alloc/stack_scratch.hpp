// SPDX-License-Identifier: Apache-2.0
// Buffers for the return addresses of one stack, for the time of one sample: a thread's own stack
// may be too small for them.
#pragma once

#include <cstdint>
#include <span>

namespace dbgtrace::hooks::alloc {

struct StackBuffer;

// Thread-safety: yes. Signal-safety: yes, also on top of itself. Allocates: never.
class StackScratch {
 public:
  explicit StackScratch(uint64_t now_us);
  ~StackScratch();
  StackScratch(const StackScratch&) = delete;
  StackScratch& operator=(const StackScratch&) = delete;

  bool ok() const { return buffer_ != nullptr; }  // false: all are taken
  std::span<uintptr_t> pcs();

 private:
  StackBuffer* buffer_ = nullptr;
};

}  // namespace dbgtrace::hooks::alloc
