// SPDX-License-Identifier: Apache-2.0
// dlclose only: dlopen looks its caller up (RPATH, $ORIGIN) and stays untouched.
#include "hooks/os/link_map.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/loaded_code.hpp"
#include "hooks/stack/object_finder.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;

DBGTRACE_EXPORT int dlclose(void* handle) noexcept {
  // Looked up at each call: before glibc 2.34 it lies in libdl, which may be loaded late.
  const auto next = reinterpret_cast<int (*)(void*)>(os::find_next("dlclose"));
  if (next == nullptr) return -1;
  const int result = next(handle);
  if (!process::g_session.off()) stack::loaded_code.doubt();
  if (process::g_session.recording_here()) {
    const auto calls = process::g_session.sandboxed() ? stack::SystemCalls::kForbidden
                                                      : stack::SystemCalls::kAllowed;
    stack::refresh_objects(calls);
    process::note_unloads(process::g_session.ledger(), process::g_session.now_us());
  }
  return result;
}
