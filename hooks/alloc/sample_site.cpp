// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/sample_site.hpp"

#include <atomic>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/hash.hpp"
#include "hooks/stack/walk.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

constexpr uint32_t kBuffers = 32;
// No walk takes that long: its thread left by longjmp out of a signal handler.
constexpr uint64_t kStaleUs = 10'000'000;

struct Buffer {
  std::atomic<uint64_t> taken_us{0};  // 0: free
  uintptr_t pcs[stack::kMaxStoredFrames] = {};
};
constinit Buffer g_buffers[kBuffers];

// A stack buffer for the time of one sample.
class Scratch {
 public:
  explicit Scratch(uint64_t now_us) {
    const uint64_t mark = now_us + 1;
    for (Buffer& buffer : g_buffers) {
      uint64_t taken_us = buffer.taken_us.load(std::memory_order_relaxed);
      if (taken_us != 0 && taken_us + kStaleUs > mark) continue;
      if (buffer.taken_us.compare_exchange_strong(taken_us, mark, std::memory_order_acquire)) {
        buffer_ = &buffer;
        return;
      }
    }
  }
  ~Scratch() {
    if (buffer_ != nullptr) buffer_->taken_us.store(0, std::memory_order_release);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  bool ok() const { return buffer_ != nullptr; }
  std::span<uintptr_t> pcs() { return buffer_->pcs; }

 private:
  Buffer* buffer_ = nullptr;
};

uint64_t hash_of(std::span<const uintptr_t> pcs, ring::SiteKind kind) {
  uint64_t hash = stack::kEmptyStackHash + static_cast<uint64_t>(kind);
  for (auto i = pcs.size(); i-- > 0;)
    hash = stack::extend_hash(hash, pcs[i], process::load_generation(pcs[i]));
  return hash;
}

}  // namespace

ring::SiteRef site_of(const ring::Ledger& ledger, const void* frame, ring::SiteKind kind,
                      uint64_t time_us) {
  Scratch scratch(time_us);
  if (!scratch.ok()) {
    ring::Ledger::add(ledger.lost().no_scratch, 1);
    return {0, ring::site_at(ledger, 0)};
  }
  const auto calls = process::g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                                    : stack::SystemCalls::kAllowed;
  const stack::WalkResult walked =
      stack::walk(stack::from_frame(frame), scratch.pcs(), t_state.bounds, calls);
  const std::span<const uintptr_t> pcs = scratch.pcs().first(walked.count);
  process::note_modules(ledger, pcs, time_us);
  static_assert(sizeof(uintptr_t) == sizeof(uint64_t));
  const ring::NewStack stack{{reinterpret_cast<const uint64_t*>(pcs.data()), pcs.size()},
                             time_us,
                             walked.omitted,
                             walked.truncated};
  return ring::find_or_make_site(ledger, hash_of(pcs, kind), kind, stack);
}

}  // namespace dbgtrace::hooks::alloc
