// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/memo_pool.hpp"

#include <errno.h>

#include <algorithm>

#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::stack {

void MemoPool::start(bool every_allocation, SystemCalls calls) {
  if (memos_ != nullptr) return;
  constexpr uint64_t kFirstBytes = StackMemo::touched_bytes(StackMemo::kFirstFrames);
  const uint64_t half = bytes_for(every_allocation) / 2;
  const auto slots = static_cast<uint32_t>(std::min<uint64_t>(half / kFirstBytes, kMaxSlots));
  void* memory = os::map_guarded(slots * sizeof(StackMemo), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (memory == nullptr) return;
  if (calls == SystemCalls::kAllowed) {  // a huge page would be memory that nobody needs
    os::raw_syscall(SYS_madvise, os::as_argument(memory),
                    static_cast<long>(slots * sizeof(StackMemo)), MADV_NOHUGEPAGE);
  }
  memos_ = static_cast<StackMemo*>(memory);
  const auto spare = static_cast<int64_t>(bytes_for(every_allocation) - slots * kFirstBytes);
  spare_bytes_.store(spare, std::memory_order_relaxed);
  variant_floor_bytes_ = every_allocation ? spare / 2 : spare;
  slots_ = slots;
}

void MemoPool::forget_all() {
  for (uint32_t i = 0; i < slots_; ++i) owners_[i].store(0, std::memory_order_relaxed);
}

StackMemo* MemoPool::take(SystemCalls calls) {
  // Without system calls nobody can say who owns it.
  const uint32_t owner = calls == SystemCalls::kAllowed ? os::thread_id() : kUnknownOwner;
  for (uint32_t i = 0; i < slots_; ++i) {
    uint32_t seen = owners_[i].load(std::memory_order_relaxed);
    if (seen != 0 || !owners_[i].compare_exchange_strong(seen, owner, std::memory_order_acquire))
      continue;
    memos_[i].reset(std::max(memos_[i].capacity(), StackMemo::kFirstFrames),
                    has_variants(memos_[i]));
    return &memos_[i];
  }
  if (calls == SystemCalls::kAllowed && slots_ != 0) free_slot_of_the_dead();
  return nullptr;
}

void MemoPool::give_back(StackMemo* memo) {
  if (memo != nullptr) owners_[memo - memos_].store(0, std::memory_order_release);
}

void MemoPool::grow(StackMemo& memo) {
  const uint32_t frames = std::min(memo.capacity() * 2, StackMemo::kMaxFrames);
  const auto more = static_cast<int64_t>(StackMemo::touched_bytes(frames) -
                                         StackMemo::touched_bytes(memo.capacity()));
  if (more == 0) return;
  if (spare_bytes_.fetch_sub(more, std::memory_order_relaxed) < more) {
    spare_bytes_.fetch_add(more, std::memory_order_relaxed);
    return;
  }
  memo.reset(frames, memo.keeps_variants());
}

bool MemoPool::has_variants(const StackMemo& memo) {
  if (memo.keeps_variants()) return true;
  constexpr auto kBytes = static_cast<int64_t>(StackMemo::kVariantBytes);
  if (spare_bytes_.fetch_sub(kBytes, std::memory_order_relaxed) >= variant_floor_bytes_ + kBytes)
    return true;
  spare_bytes_.fetch_add(kBytes, std::memory_order_relaxed);
  return false;
}

// One slot a call. A tid that another process has by now keeps its slot: a thread of ours may be
// such a process, if clone made it.
void MemoPool::free_slot_of_the_dead() {
  const uint32_t suspect = next_suspect_.fetch_add(1, std::memory_order_relaxed) % slots_;
  uint32_t owner = owners_[suspect].load(std::memory_order_relaxed);
  if (owner == 0 || owner == kUnknownOwner || os::raw_syscall(SYS_tkill, owner, 0) != -ESRCH)
    return;
  owners_[suspect].compare_exchange_strong(owner, 0, std::memory_order_relaxed);
}

}  // namespace dbgtrace::hooks::stack
