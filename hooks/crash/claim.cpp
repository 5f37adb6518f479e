// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/claim.hpp"

#include <atomic>
#include <cstdint>

#include "hooks/os/files.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constinit std::atomic<uint64_t> g_owner{0};  // 0: nobody

// By its tid: a vfork child, and a thread that a bare clone() has made, share the thread pointer
// with the one that made them. Where no call may be made the thread pointer has to do.
uint64_t this_thread() {
  constexpr uint64_t kPointer = uint64_t{1} << 63;
  if (!process::g_session.sandboxed()) return os::thread_id();
  return kPointer | reinterpret_cast<uintptr_t>(__builtin_thread_pointer());
}

}  // namespace

Claim claim_crash() {
  const uint64_t thread = this_thread();
  uint64_t owner = 0;
  if (g_owner.compare_exchange_strong(owner, thread, std::memory_order_acq_rel))
    return Claim::kTaken;
  return owner == thread ? Claim::kOwn : Claim::kOthers;
}

void release_claim() { g_owner.store(0, std::memory_order_release); }

}  // namespace dbgtrace::hooks::crash
