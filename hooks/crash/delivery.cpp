// SPDX-License-Identifier: Apache-2.0
// What a stub asks when its signal arrives: is it the program's, the end, or only ours? Runs on the
// stack that the kernel chose, which may be a small one of the program's.
#include "hooks/crash/action_pool.hpp"
#include "hooks/crash/death.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/handler_frame.hpp"
#include "hooks/crash/record.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using process::g_session;

// Where a SIGBUS was raised. Without a siginfo the registers say so.
const void* bus_address(const siginfo_t* info, const ucontext_t& context) {
  if (info != nullptr) return info->si_code > 0 ? info->si_addr : nullptr;
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(context.uc_mcontext.gregs[REG_CR2]);
#else
  return reinterpret_cast<const void*>(context.uc_mcontext.fault_address);
#endif
}

}  // namespace

// Returns the handler to jump to; 0 if the signal has been dealt with.
extern "C" __attribute__((visibility("hidden"), used)) uintptr_t dbgtrace_enter_handler(
    int signal, siginfo_t* info, ucontext_t* context, uint32_t stub_number) {
  const Action action = action_at(stub_number);
  const bool one_shot = (action.hidden & kHasResetHand) != 0;
  const bool has_info = action.handler == 0 || !one_shot || (action.hidden & kHasSiginfo) != 0;
  if (signal == SIGBUS &&
      g_session.survive_lost_mapping(bus_address(has_info ? info : nullptr, *context))) {
    if (one_shot && action.handler != 0) restore_one_shot(signal, stub_number);
    return 0;
  }
  if (action.handler == 0) {
    meet_default_action(signal, info, context);
    return 0;
  }
  if (captures_crashes()) {
    if (has_info) {
      note_handled_fault(signal, info, context);
      if (!g_session.sandboxed()) enter_frame({info, context});
    }
    if (one_shot && !g_session.sandboxed()) watch_after_one_shot(signal);
  }
  return action.handler;
}

}  // namespace dbgtrace::hooks::crash
