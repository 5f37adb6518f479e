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
  const link_map* own = os::own_object();
  auto resolve = [own]<typename Function>(const char* name, Function& function) {
    function = reinterpret_cast<Function>(os::find_after(own, name));
  };
  resolve("sigaction", g_next.sigaction);
  resolve("signal", g_next.signal);
  resolve("sysv_signal", g_next.sysv_signal);
  resolve("sigset", g_next.sigset);
  resolve("siginterrupt", g_next.siginterrupt);
  resolve("sigaltstack", g_next.sigaltstack);
  g_resolved.store(true, std::memory_order_release);
  return g_next;
}

}  // namespace dbgtrace::hooks::crash
