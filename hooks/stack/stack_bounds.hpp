// SPDX-License-Identifier: Apache-2.0
// Which words of which stack may be read, without asking the C library (pthread_getattr_np opens
// files and allocates). The part of the thread's own stack that was once proven readable, page by
// page, is remembered: from the deepest stack pointer seen up to the thread control block, or to
// the process's first stack pointer on the main thread. Any other stack (alternate, fiber, Go) is
// proven page by page in every walk, since it may be gone in the next one.
#pragma once

#include <cstdint>
#include <cstring>

#include "hooks/stack/readable.hpp"
#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

// One per thread, zero at first; belongs to that thread alone.
struct StackBounds {
  uintptr_t low = 0;      // [low, high): proven readable, the thread's own stack
  uintptr_t high = 0;     // 0: nothing known yet
  uintptr_t refused = 0;  // an unreadable page: what lies below is another stack

  bool holds_word(uintptr_t address) const {
    return address >= low && address < high && high - address >= 8;
  }
};

// Once, before the first walk: the value of __libc_stack_end. 0: unknown.
void set_main_stack_end(uintptr_t address);

// Thread-safety: one thread. Signal-safety: yes, also on top of an interrupted walk of the same
// thread. Allocates: never. System calls: none if forbidden, else one per new page.
class StackView {
 public:
  StackView(StackBounds& own, SystemCalls calls);

  // Before the first read, and when the walk has come to another stack.
  void enter(uintptr_t sp);

  bool read(uintptr_t address, uintptr_t& word) {
    if (address - low_ >= starts_) [[unlikely]] {
      if (!prove(address)) return false;
    }
    std::memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
    return true;
  }

  // The walk guesses from now on: unproven pages are out of reach where no call can prove them.
  void distrust() { trusted_ = false; }

 private:
  void set(uintptr_t low, uintptr_t high);
  bool grow_own(uintptr_t sp);
  bool prove(uintptr_t address);

  StackBounds& own_;
  uintptr_t low_ = 0;  // [low_, high_) is proven
  uintptr_t high_ = 0;
  uintptr_t starts_ = 0;  // number of addresses from low_ on at which a whole word is proven
  uintptr_t limit_ = 0;   // nothing at or above it is ever read
  SystemCalls calls_;
  bool trusted_ = false;
};

}  // namespace dbgtrace::hooks::stack
