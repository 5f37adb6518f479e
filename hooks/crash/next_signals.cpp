// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/next_signals.hpp"

#include <atomic>

#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constinit NextSignals g_next = {};
constinit std::atomic<bool> g_resolved{false};

}  // namespace

const NextSignals& next_signals() {
  if (g_resolved.load(std::memory_order_acquire)) [[likely]]
    return g_next;
  // Two threads at once write the same words.
  os::Wanted symbols[] = {
      {"sigaction", os::place_of(g_next.sigaction)},
      {"signal", os::place_of(g_next.signal)},
      {"sysv_signal", os::place_of(g_next.sysv_signal)},
      {"sigset", os::place_of(g_next.sigset)},
      {"siginterrupt", os::place_of(g_next.siginterrupt)},
      {"sigaltstack", os::place_of(g_next.sigaltstack)},
  };
  os::find_all_next(symbols);
  g_resolved.store(true, std::memory_order_release);
  return g_next;
}

}  // namespace dbgtrace::hooks::crash
