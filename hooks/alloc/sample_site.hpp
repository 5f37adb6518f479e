// SPDX-License-Identifier: Apache-2.0
// From the frame of an allocation to its site in the recording: walks the stack into a buffer from
// a small pool (a thread's stack may be too small for it), names the modules, finds or makes the
// site.
#pragma once

#include "hooks/alloc/thread_memo.hpp"
#include "hooks/stack/registers.hpp"
#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

// Stacks of one kind are never sites of another, and a forked child's recording has sites of its
// own.
inline uint32_t note_tag(ring::SiteKind kind) {
  return process::g_session.number() << 2 | static_cast<uint32_t>(kind);
}

inline stack::SystemCalls calls_of_session() {
  return process::g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                        : stack::SystemCalls::kAllowed;
}

// Of a stack that is none of the thread's newest. Site, thread-safety and the rest: as site_of.
ring::SiteRef look_for_site(const ring::Ledger& ledger, const void* frame, ring::SiteKind kind,
                            uint64_t time_us);

// Site with a null pointer: nothing may be recorded (the reason is counted).
// Thread-safety: yes. Signal-safety: yes, also on top of itself. Allocates: never.
[[gnu::always_inline]] inline ring::SiteRef site_of(const ring::Ledger& ledger, const void* frame,
                                                    ring::SiteKind kind, uint64_t time_us) {
  if (const stack::StackMemo* memo = known_memo(); memo != nullptr) [[likely]] {
    const uint32_t id = memo->noted_value(stack::from_frame(frame), t_state.bounds,
                                          calls_of_session(), note_tag(kind));
    // Its slot may have been given to another stack meanwhile.
    if (ring::Site* site = id == 0 ? nullptr : ring::site_if_same(ledger, id); site != nullptr)
        [[likely]]
      return {id, site};
  }
  return look_for_site(ledger, frame, kind, time_us);
}

}  // namespace dbgtrace::hooks::alloc
