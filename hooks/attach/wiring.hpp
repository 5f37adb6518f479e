// SPDX-License-Identifier: Apache-2.0
// Leads the calls of a running program through this library and back: the slots of each loaded
// module through which it calls a function of ours (JUMP_SLOT, GLOB_DAT and plain address
// relocations) get our address, if they hold the original's or, bound lazily, nothing yet. Each
// change is remembered with the value that was there.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::attach {

struct WiringCounts {
  uint32_t slots = 0;  // changed, or put back
  uint32_t slots_left =
      0;  // no room to remember them; or of a module that is gone, or changed by somebody else
  uint32_t modules = 0;
};

// Thread-safety: wire() and unwire() one at a time, with the other threads stopped outside the
// loader; look_for_modules() any thread. Signal-safety: yes. Allocates: never (one mmap, kept).

WiringCounts wire();
WiringCounts unwire();

// When modules that came after the attach are looked for next, in the recording's time; never where
// nothing is attached.
extern constinit std::atomic<uint64_t> g_next_look_us;
void look_for_modules(uint64_t now_us);

// In a forked child: its recording's time begins anew, and whoever was looking is not in it.
void forget_parent();

// dlopen is not hooked (it looks its caller up), so new modules are noticed at samples.
inline void notice_modules(uint64_t now_us) {
  if (now_us >= g_next_look_us.load(std::memory_order_relaxed)) [[unlikely]]
    look_for_modules(now_us);
}

}  // namespace dbgtrace::hooks::attach
