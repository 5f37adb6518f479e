// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/leaving.hpp"

#include "hooks/crash/claim.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/handler_frame.hpp"
#include "hooks/crash/record.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {

void note_leaving() {
  process::Session& session = process::g_session;
  if (!captures_crashes() || session.sandboxed() || session.is_other_process()) return;
  HandlerFrame frame;
  if (!find_enclosing_handler(frame) || claim_crash() != Claim::kTaken) return;
  record_exit_in_handler(*frame.info, *frame.context);
  release_claim();
}

}  // namespace dbgtrace::hooks::crash
