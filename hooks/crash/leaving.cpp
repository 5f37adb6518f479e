// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/leaving.hpp"

#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/handler_frame.hpp"
#include "hooks/crash/record.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {

void note_leaving(int code) {
  process::Session& session = process::g_session;
  if (!captures_crashes() || session.sandboxed() || session.is_other_process()) return;
  if (const int signal = enclosing_handler(); signal != 0) record_exit_in_handler(signal, code);
}

}  // namespace dbgtrace::hooks::crash
