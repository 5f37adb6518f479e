// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/process_state.hpp"

#include <algorithm>

namespace dbgtrace::reader::analysis {
namespace {

ProcessState running_or_killed(const ring::Header& header, const ProcessTable& processes) {
  const MachineFacts here = processes.facts();
  const bool boot_known =
      std::any_of(here.boot_id.begin(), here.boot_id.end(), [](uint8_t b) { return b != 0; });
  if (!boot_known || !std::equal(here.boot_id.begin(), here.boot_id.end(), header.boot_id)) {
    if (boot_known && here.host == header.host) {
      return {StateKind::kKilled,
              {},
              {},
              "the machine was restarted, and it had not ended itself before"};
    }
    return {StateKind::kUnknown,
            {},
            {},
            "recorded on another machine where it had not ended: ask there"};
  }
  if (header.pid_namespace != here.pid_namespace) {
    return {
        StateKind::kUnknown, {}, {}, "recorded in another container (pid namespace): ask there"};
  }
  const std::optional<uint64_t> start = processes.start_ticks(header.pid);
  if (start && *start == header.process_start_ticks) return {StateKind::kRunning, {}, {}, ""};
  return {StateKind::kKilled,
          {},
          {},
          "gone without having ended itself: SIGKILL (kill -9, out of memory, a stopped "
          "container), most likely"};
}

std::optional<int> signal_of(const ring::Header& header) {
  if (header.live.exit_code == 0) return {};
  return header.live.exit_code;
}

}  // namespace

ProcessState state_of(const ring::Header& header, const ProcessTable& processes) {
  switch (static_cast<ring::State>(header.live.state)) {
    case ring::State::kExited:
      return {StateKind::kExited, header.live.exit_code, {}, ""};
    case ring::State::kCrashed:
      return {StateKind::kCrashed, {}, signal_of(header), ""};
    case ring::State::kExecuted:
      return {StateKind::kExec, {}, {}, ""};
    case ring::State::kDetached:
      return {StateKind::kDetached, {}, {}, "the process went on unrecorded"};
    case ring::State::kRunning:
      return running_or_killed(header, processes);
  }
  return {StateKind::kUnknown, {}, {}, "the state word is damaged"};
}

const char* name_of(StateKind kind) {
  switch (kind) {
    case StateKind::kRunning:
      return "running";
    case StateKind::kExited:
      return "exited";
    case StateKind::kCrashed:
      return "crashed";
    case StateKind::kKilled:
      return "killed";
    case StateKind::kExec:
      return "exec";
    case StateKind::kDetached:
      return "detached";
    case StateKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace dbgtrace::reader::analysis
