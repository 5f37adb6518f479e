// SPDX-License-Identifier: Apache-2.0
#include "hooks/attach/attachment.hpp"

#include <errno.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/attach/guarded_memory.hpp"
#include "hooks/attach/wiring.hpp"
#include "hooks/crash/alt_stack.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/log.hpp"
#include "hooks/process/recording_file.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::attach {
namespace {

using process::g_session;
using ring::AttachCall;
using ring::AttachResult;
using ring::AttachStep;

constexpr uint32_t kMaxSettings = 64;

AttachResult begin(AttachCall& call) {
  if (os::loaded_at_start()) return AttachResult::kPreloaded;
  if (g_session.attached()) return AttachResult::kAlready;
  if (!can_copy()) return AttachResult::kNoCopying;
  stack::refresh_objects(stack::SystemCalls::kAllowed);
  const char* settings[kMaxSettings + 1] = {};
  uint32_t count = 0;
  call.settings[sizeof(call.settings) - 1] = call.settings[sizeof(call.settings) - 2] = '\0';
  for (const char* at = call.settings; *at != '\0' && count < kMaxSettings; ++count) {
    settings[count] = at;
    at += std::string_view(at).size() + 1;
  }
  return g_session.attach(settings, environ) ? AttachResult::kDone : AttachResult::kNoRecording;
}

AttachResult wire_all(AttachCall& call) {
  if (!g_session.attached()) return AttachResult::kNotAttached;
  crash::attach_dispositions();
  const WiringCounts counts = wire();
  call.slots = counts.slots;
  call.slots_left = counts.slots_left;
  call.modules = counts.modules;
  return AttachResult::kDone;
}

AttachResult detach(AttachCall& call) {
  if (os::loaded_at_start()) return AttachResult::kPreloaded;
  if (!g_session.attached()) return AttachResult::kNotAttached;
  const WiringCounts counts = unwire();
  call.slots = counts.slots;
  call.slots_left = counts.slots_left;
  crash::detach_dispositions();
  g_session.detach(call.nobody_inside != 0);
  return AttachResult::kDone;
}

AttachResult reuse_stacks(const AttachCall& call) {
  for (uint32_t i = 0; i < call.stacks && i < sizeof(call.settings) / sizeof(uint64_t); ++i) {
    uint64_t stack;
    std::memcpy(&stack, call.settings + i * sizeof(stack), sizeof(stack));
    crash::reuse_alternate_stack(stack);
  }
  return AttachResult::kDone;
}

AttachResult do_step(AttachCall& call) {
  if (call.magic != ring::kAttachMagic || call.version != ring::kAttachVersion)
    return AttachResult::kOtherVersion;
  switch (call.step) {
    case AttachStep::kBegin:
      return begin(call);
    case AttachStep::kWire:
      return wire_all(call);
    case AttachStep::kDetach:
      return detach(call);
    case AttachStep::kReuseStacks:
      return reuse_stacks(call);
    case AttachStep::kLook:
      if (os::loaded_at_start()) return AttachResult::kPreloaded;
      return g_session.attached() ? AttachResult::kAlready : AttachResult::kNotAttached;
  }
  return AttachResult::kOtherVersion;
}

}  // namespace

void answer(AttachCall& call) {
  const int saved = errno;
  os::Text message(call.message, sizeof(call.message));
  process::copy_log_to(&message);
  call.result = do_step(call);
  process::copy_log_to(nullptr);
  os::Text path(call.path, sizeof(call.path));
  path.add(process::recording_path());
  call.executable_has_malloc = g_session.own_malloc() ? 1 : 0;
  call.countdown_offset = reinterpret_cast<char*>(&alloc::t_state.countdown) -
                          static_cast<char*>(__builtin_thread_pointer());
  call.alternate_stack_offset = crash::alternate_stack_offset();
  errno = saved;
  if (call.done_signal != 0) {
    os::raw_syscall(SYS_tgkill, os::process_id(), os::thread_id(),
                    static_cast<long>(call.done_signal));
  }
}

}  // namespace dbgtrace::hooks::attach
