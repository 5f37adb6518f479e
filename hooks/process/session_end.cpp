// SPDX-License-Identifier: Apache-2.0
// What the recording says of the end of its process, and whether it is kept.
#include <cstring>

#include "hooks/os/files.hpp"
#include "hooks/process/session.hpp"
#include "ring/crash_layout.hpp"
#include "ring/history_writer.hpp"

namespace dbgtrace::hooks::process {

bool Session::owned_by_this_pid() const {
  return is_recording() && mapping_.is_whole_now() && (sandboxed() || os::process_id() == pid_);
}

void Session::note_exit(int code) {
  if (!owned_by_this_pid()) return;
  ring::LiveHeader& live = ledger_.live();
  live.exit_code = code;
  live.end_us = now_us();
  std::atomic_ref<uint32_t>(live.state)
      .store(static_cast<uint32_t>(ring::State::kExited), std::memory_order_release);
}

void Session::note_crash(int signal) {
  if (!owned_by_this_pid()) return;
  ring::LiveHeader& live = ledger_.live();
  std::atomic_ref<uint32_t> state(live.state);
  if (state.load(std::memory_order_acquire) == static_cast<uint32_t>(ring::State::kCrashed)) return;
  live.exit_code = signal;
  live.end_us = now_us();
  state.store(static_cast<uint32_t>(ring::State::kCrashed), std::memory_order_release);
}

void Session::note_recorded_crash() {
  const bool counted = room_.load(std::memory_order_acquire) == FolderRoom::kCounted;
  if (counted || sandboxed() || !owned_by_this_pid()) return;
  // Another thread may be at it, perhaps this one under the handler: its buffers are in use.
  if (room_.exchange(FolderRoom::kAsking, std::memory_order_acq_rel) == FolderRoom::kAsking) return;
  fit_crashed_recording(file_, facts_, options_.total_bytes);
}

void Session::note_teardown() {
  if (torn_down_.load(std::memory_order_relaxed) == number_ || !owned_by_this_pid()) return;
  torn_down_.store(number_, std::memory_order_relaxed);
  std::atomic_ref<uint64_t>(ledger_.live().teardown_us)
      .store(now_us() | 1, std::memory_order_release);
}

void Session::note_exec(bool begins) {
  if (!owned_by_this_pid()) return;
  ring::LiveHeader& live = ledger_.live();
  live.end_us = begins ? now_us() : 0;
  const ring::State state = begins ? ring::State::kExecuted : ring::State::kRunning;
  std::atomic_ref<uint32_t>(live.state)
      .store(static_cast<uint32_t>(state), std::memory_order_release);
  if (sandboxed() || !is_empty()) return;
  // The next program has a recording of its own. If this one goes on, it begins another.
  if (begins)
    remove_recording(file_);
  else
    state_.store(SessionState::kReady, std::memory_order_release);
}

void Session::note_end() {
  if (owned_by_this_pid() && !sandboxed() && is_empty()) remove_recording(file_);
}

bool Session::is_empty() const {
  const ring::LiveHeader& live = ledger_.live();
  const uint64_t black_box = ledger_.section(ring::SectionKind::kBlackBox).offset_bytes;
  const auto* box = reinterpret_cast<const ring::BlackBox*>(ledger_.base() + black_box);
  // What was lost is news, too.
  uint64_t lost[sizeof(live.lost) / sizeof(uint64_t)];
  std::memcpy(lost, &live.lost, sizeof(lost));
  for (const uint64_t count : lost) {
    if (count != 0) return false;
  }
  return ring::sums_of_threads(ledger_).births == 0 &&
         ring::Ledger::load(live.mappings.hits) == 0 &&
         (begin_black_box_ == nullptr || box->crash.tid == 0);
}

}  // namespace dbgtrace::hooks::process
