// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/stack_bounds.hpp"

#include <pthread.h>

#include <atomic>

namespace dbgtrace::hooks::stack {
namespace {

// How much is proven at once when a thread is first seen, or is deeper than ever: 1,024 probes,
// about 100 us, once. A thread that jumps deeper than that is proven page by page, as it is read.
constexpr uintptr_t kMaxGrowthBytes = 4u << 20;

// Without system calls: how far above this function's own frame the walk may take a stack for the
// one that it runs on, how far off its likely top may be, and how far it may reach without one.
constexpr uintptr_t kSameStackBytes = 64u << 10;
constexpr uintptr_t kUsualStackBytes = 8u << 20;
constexpr uintptr_t kUnknownStackBytes = 256u << 10;

constinit std::atomic<uintptr_t> main_stack_end{0};

// The nearest address above sp where a stack of this thread may end; 0 if there is none. glibc puts
// the thread control block at the top of every thread's stack, the user's own stacks included.
uintptr_t top_above(uintptr_t sp) {
  uintptr_t top = 0;
  const auto control_block = static_cast<uintptr_t>(pthread_self());
  for (const uintptr_t end : {control_block, main_stack_end.load(std::memory_order_relaxed)}) {
    if (end > sp && (top == 0 || end < top)) top = end;
  }
  return top;
}

}  // namespace

void set_main_stack_end(uintptr_t address) {
  main_stack_end.store(address & ~uintptr_t{7}, std::memory_order_relaxed);
}

StackView::StackView(StackBounds& own, SystemCalls calls) : own_(own), calls_(calls) {}

void StackView::set(uintptr_t low, uintptr_t high) {
  low_ = low;
  high_ = high;
  starts_ = high - low >= 8 ? high - low - 7 : 0;
}

void StackView::enter(uintptr_t sp) {
  trusted_ = false;
  if (sp >= own_.low && sp < own_.high) [[likely]] {
    set(own_.low, own_.high);
    limit_ = own_.high;
    return;
  }
  limit_ = UINTPTR_MAX;
  set(0, 0);
  if (calls_ == SystemCalls::kAllowed) {
    if (grow_own(sp)) {
      set(own_.low, own_.high);
      limit_ = own_.high;
    }
    return;
  }
  // What this very function stands on is readable to the end of its page. Beyond it lie the frames
  // of its callers, as long as call frame information leads to them.
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (sp < here || sp - here > kSameStackBytes) return;
  set(page_of(here), page_of(here) + kPageBytes);
  const uintptr_t top = top_above(sp);
  limit_ = top != 0 && top - sp < kUsualStackBytes ? top : sp + kUnknownStackBytes;
  trusted_ = true;
}

bool StackView::grow_own(uintptr_t sp) {
  const uintptr_t top = own_.high != 0 ? own_.high : top_above(sp);
  const uintptr_t floor = own_.high != 0 ? own_.low : top;
  if (sp >= top || floor - sp > kMaxGrowthBytes) return false;
  const uintptr_t bottom = page_of(sp);
  if (bottom <= own_.refused) return false;
  for (uintptr_t page = bottom; page < floor; page += kPageBytes) {
    if (!readable(page)) {
      own_.refused = page;
      return false;
    }
  }
  // In this order a signal handler that walks in between finds an empty range, never a wrong one.
  if (own_.high == 0) {
    own_.low = top;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    own_.high = top;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  own_.low = bottom;
  return true;
}

bool StackView::prove(uintptr_t address) {
  if (address % 8 != 0 || address >= limit_) return false;
  const uintptr_t page = page_of(address);
  if (calls_ == SystemCalls::kForbidden) return trusted_ && address >= low_;
  if (!readable(page)) return false;
  if (page == high_) {
    set(low_, page + kPageBytes);
  } else if (page + kPageBytes == low_) {
    set(page, high_);
  } else {
    set(page, page + kPageBytes);
  }
  return true;
}

}  // namespace dbgtrace::hooks::stack
