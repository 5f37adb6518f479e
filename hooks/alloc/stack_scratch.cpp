// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/stack_scratch.hpp"

#include <atomic>

#include "hooks/stack/walk.hpp"

namespace dbgtrace::hooks::alloc {

struct StackBuffer {
  std::atomic<uint64_t> taken_us{0};  // 0: free
  uintptr_t pcs[stack::kMaxStoredFrames] = {};
};

namespace {

constexpr uint32_t kBuffers = 32;
// No walk takes that long: its thread left by longjmp out of a signal handler.
constexpr uint64_t kStaleUs = 10'000'000;

constinit StackBuffer g_buffers[kBuffers];

}  // namespace

StackScratch::StackScratch(uint64_t now_us) {
  const uint64_t mark = now_us + 1;
  for (StackBuffer& buffer : g_buffers) {
    uint64_t taken_us = buffer.taken_us.load(std::memory_order_relaxed);
    if (taken_us != 0 && taken_us + kStaleUs > mark) continue;
    if (buffer.taken_us.compare_exchange_strong(taken_us, mark, std::memory_order_acquire)) {
      buffer_ = &buffer;
      return;
    }
  }
}

StackScratch::~StackScratch() {
  if (buffer_ != nullptr) buffer_->taken_us.store(0, std::memory_order_release);
}

std::span<uintptr_t> StackScratch::pcs() { return buffer_->pcs; }

}  // namespace dbgtrace::hooks::alloc
