// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/address_space.hpp"

#include "hooks/os/files.hpp"

extern "C" int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                 void* object);

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace dbgtrace::hooks::process {
namespace {
constexpr long kNonsenseAdvice = 0x7ffffff0;
constinit std::atomic<uint32_t> g_fallback_word{kOwnSpace};
void forget_in_child() { g_fallback_word.store(0, std::memory_order_relaxed); }
}  // namespace

void AddressSpace::start(bool may_probe) {
  if (word_ != nullptr) return adopt();  // attached again
  word_ = &g_fallback_word;
  if (!may_probe) {  // fork() through libc is still seen; nothing else can be asked
    __register_atfork(nullptr, nullptr, forget_in_child, nullptr);
    return;
  }
  void* page =
      os::map_memory(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  // An emulated kernel may accept any advice: one that accepts nonsense proves nothing.
  if (page != nullptr &&
      os::raw_syscall(SYS_madvise, os::as_argument(page), 4096, kNonsenseAdvice) != 0 &&
      os::raw_syscall(SYS_madvise, os::as_argument(page), 4096, MADV_WIPEONFORK) == 0) {
    word_ = static_cast<std::atomic<uint32_t>*>(page);
    word_->store(kOwnSpace, std::memory_order_relaxed);
    return;
  }
  by_pid_ = true;
  pid_ = os::process_id();
}

bool AddressSpace::is_own_by_pid() const { return word_ == nullptr || os::process_id() == pid_; }

void AddressSpace::adopt() {
  pid_ = by_pid_ ? os::process_id() : pid_;
  word_->store(kOwnSpace, std::memory_order_relaxed);
}

}  // namespace dbgtrace::hooks::process
