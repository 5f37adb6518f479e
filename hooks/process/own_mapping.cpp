// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/own_mapping.hpp"

#include "hooks/os/signals.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr uint32_t kPeriod = 64;

// A SIGBUS would kill this thread without a handler.
bool is_deaf() {
  if ((os::signal_mask() & os::mask_of(SIGBUS)) != 0) return true;
  os::KernelAction action{};
  return os::kernel_sigaction(SIGBUS, nullptr, &action) == 0 &&
         action.handler == reinterpret_cast<uintptr_t>(SIG_IGN);
}

}  // namespace

thread_local constinit uint32_t OwnMapping::t_trusted __attribute__((tls_model("initial-exec"))) =
    0;

void OwnMapping::start(std::byte* base, uint64_t size_bytes, bool ask_always) {
  ask_always_ = ask_always;
  replaced_.store(false, std::memory_order_relaxed);
  size_bytes_.store(size_bytes, std::memory_order_relaxed);
  base_.store(base, std::memory_order_release);
}

bool OwnMapping::look() {
  if (frozen_.load(std::memory_order_relaxed)) return true;
  if (!ask_always_ && !is_deaf()) {
    t_trusted = kPeriod - 1;
    return true;
  }
  return is_whole_now();
}

bool OwnMapping::is_whole_now() const {
  if (frozen_.load(std::memory_order_relaxed)) return true;
  const auto end = reinterpret_cast<uintptr_t>(base_.load(std::memory_order_acquire)) +
                   size_bytes_.load(std::memory_order_relaxed);
  return stack::readable(end - sizeof(uint64_t));
}

bool OwnMapping::holds(const void* address) const {
  const auto base = reinterpret_cast<uintptr_t>(base_.load(std::memory_order_acquire));
  return base != 0 &&
         reinterpret_cast<uintptr_t>(address) - base < size_bytes_.load(std::memory_order_relaxed);
}

bool OwnMapping::replace() {
  if (replaced_.exchange(true, std::memory_order_acq_rel)) return true;
  return os::map_memory(base_.load(std::memory_order_acquire),
                        size_bytes_.load(std::memory_order_relaxed), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1) != nullptr;
}

}  // namespace dbgtrace::hooks::process
