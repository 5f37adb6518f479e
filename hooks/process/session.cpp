// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/session.hpp"

#include <signal.h>

#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/log.hpp"
#include "hooks/stack/memo_pool.hpp"

namespace dbgtrace::hooks::process {
namespace {

// Counted in DBGTRACE_SIZE beside the file: rule table, free filter, sealing and stack buffers,
// reservation map.
constexpr uint64_t kPrivateBytes = 1536 << 10;

constinit Reservation g_reservation;
alignas(16) constinit std::byte g_seal_scratch[4 * ring::kSealScratchBytes] = {};

bool ensure_space(uint64_t offset_bytes, uint64_t size_bytes) {
  return g_reservation.ensure(offset_bytes, size_bytes);
}

}  // namespace

constinit Session g_session;

bool Session::attach(const char* const* settings, const char* const* environment) {
  const SessionState found = state();
  const bool idle = found == SessionState::kUnborn
                        ? !preparing_.exchange(true)
                        : found == SessionState::kOff && !os::loaded_at_start();
  if (!idle || attached() || environment == nullptr) return false;
  attached_.store(true, std::memory_order_relaxed);
  forked_ = false;
  parent_ = {};
  lost_at_start_.store(0, std::memory_order_relaxed);
  read_settings(settings, environment);
  bool recording = state() == SessionState::kReady && become_ready();
  // Whoever attaches is to hear now that the folder is full.
  if (recording && records_allocations() && !ready_to_sample()) recording = is_recording();
  attached_.store(recording, std::memory_order_relaxed);
  return recording;
}

void Session::detach(bool nobody_inside) {
  if (!attached()) return;
  if (owned_by_this_pid()) {
    ring::LiveHeader& live = ledger_.live();
    live.end_us = now_us();
    std::atomic_ref<uint32_t>(live.state)
        .store(static_cast<uint32_t>(ring::State::kDetached), std::memory_order_release);
  }
  state_.store(SessionState::kOff, std::memory_order_release);
  attached_.store(false, std::memory_order_relaxed);
  if (listener_.detached != nullptr) listener_.detached(nobody_inside);
  if (file_.base == nullptr) return;
  // Whoever is still inside writes into private memory from now on.
  if (nobody_inside)
    os::unmap_guarded(file_.base, file_.plan.file_bytes);
  else
    mapping_.replace();
  file_.base = nullptr;
}

bool Session::restricted() const { return facts_.restricted(); }

bool Session::is_other_process() const {
  return space_.is_own() && !sandboxed() && os::process_id() != pid_;
}

bool Session::is_touched(uint64_t offset_bytes, uint64_t size_bytes) const {
  return g_reservation.is_any_reserved(offset_bytes, size_bytes);
}

void Session::set_black_box(void (*begin)()) {
  begin_black_box_ = begin;
  if (state() == SessionState::kRecording) begin();
}

// Signals wait while a file is created: a handler that leaves by siglongjmp would abandon it half
// done for good.
class SignalsWait {
 public:
  explicit SignalsWait(bool allowed) : allowed_(allowed) {
    const uint64_t all = ~uint64_t{0};
    if (allowed_)
      os::raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, os::as_argument(&all),
                      os::as_argument(&before_), sizeof(before_));
  }
  ~SignalsWait() {
    if (allowed_)
      os::raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, os::as_argument(&before_), 0,
                      sizeof(before_));
  }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  bool allowed_;
  uint64_t before_ = 0;
};

bool Session::still_recording() {
  notice_fork();
  notice_cut_file();
  return state_.load(std::memory_order_acquire) == SessionState::kRecording;
}

void Session::start_early() {
  if (!options_.crash || off()) return;
  // An exact recording begins with the first allocation: there is nothing to wait for.
  if (options_.sample_bytes == 1)
    ready_to_sample();
  else
    become_ready();
}

bool Session::make_room() {
  const SignalsWait wait(!sandboxed());
  FolderRoom expected = FolderRoom::kUncounted;
  if (!room_.compare_exchange_strong(expected, FolderRoom::kAsking, std::memory_order_acq_rel)) {
    return expected == FolderRoom::kCounted;
  }
  const bool made = sandboxed() || count_recording(file_, options_, facts_);
  if (!made) {
    log_line("DBGTRACE_TOTAL leaves no room in the folder, no allocations are recorded",
             recording_path());
    options_.sample_bytes = 0;
    if (!options_.crash) {
      remove_recording(file_);
      turn_off();
    }
  }
  room_.store(made ? FolderRoom::kCounted : FolderRoom::kRefused, std::memory_order_release);
  return made;
}

void Session::count_lost_at_start() {
  if (is_recording()) return ring::Ledger::add(ledger_.lost().start_races, 1);
  lost_at_start_.fetch_add(1, std::memory_order_relaxed);
}

bool Session::become_ready() {
  notice_fork();
  notice_cut_file();
  if (state_.load(std::memory_order_acquire) != SessionState::kReady) {
    return state_.load(std::memory_order_acquire) == SessionState::kRecording;
  }
  const SignalsWait wait(!facts_.restricted() && !sandboxed());
  SessionState expected = SessionState::kReady;
  if (!state_.compare_exchange_strong(expected, SessionState::kStarting,
                                      std::memory_order_acq_rel)) {
    return expected == SessionState::kRecording;
  }
  const bool started = start();
  state_.store(started ? SessionState::kRecording : SessionState::kOff, std::memory_order_release);
  return started;
}

bool Session::start() {
  if (sandboxed()) return false;  // a child of a sandboxed process may not even open a file
  const bool exact = options_.every_allocation();
  if (forked_) {
    gather_facts(facts_);
    set_log_pid(facts_.pid);
    choose_output();
  }
  const uint64_t memo_bytes = stack::MemoPool::bytes_for(exact);
  const uint64_t private_bytes = kPrivateBytes + memo_bytes + listener_.private_bytes(exact);
  file_ = create_recording(options_, facts_, working_directory_, parent_, private_bytes);
  if (file_.base == nullptr) return false;
  clock_.start(file_.start_ns);
  room_.store(facts_.restricted() ? FolderRoom::kCounted : FolderRoom::kUncounted,
              std::memory_order_release);
  g_reservation.start(file_.base, file_.plan.file_bytes, file_.all_reserved);
  ledger_ = ring::Ledger(file_.base, {g_reservation.bits(), ensure_space});
  for (uint32_t i = 0; i < ring::kSectionCount; ++i) {
    ledger_.set_section(static_cast<ring::SectionKind>(i), file_.plan.sections[i]);
  }
  ledger_.set_every_allocation(exact);
  ledger_.live().private_bytes = private_bytes;
  events_.start(ledger_, file_.salt, g_seal_scratch);
  mapping_.start(file_.base, file_.plan.file_bytes, !exact);
  if (facts_.restricted()) {
    ledger_.live().sandboxed = 1;
    g_reservation.freeze();
    mapping_.freeze();
    os::forbid_counter();
    sandboxed_.store(true, std::memory_order_relaxed);
  }
  ++number_;
  if (!listener_.begin(exact, ledger_.section(ring::SectionKind::kLive).capacity)) {
    log_line("no memory for the index of live blocks, nothing is recorded", recording_path());
    remove_recording(file_);
    return false;
  }
  if (own_malloc_) ledger_.live().flags |= ring::kFlagOwnMalloc;
  ledger_.live().inherited_frees = inherited_frees_.load(std::memory_order_relaxed);
  ledger_.lost().start_races = lost_at_start_.exchange(0, std::memory_order_relaxed);
  if (begin_black_box_ != nullptr) begin_black_box_();
  if (forked_) {
    events_.write(ring::EventKind::kMark, 0, 0, now_us(), 0,
                  static_cast<uint64_t>(ring::MarkCode::kFork), parent_.pid);
  }
  return true;
}

// In a copied address space the mapping is still the parent's file. Private memory takes its place,
// so that even a writer that the fork interrupted (a handler forked inside the recorder) can't
// touch the parent's file.
void Session::notice_fork() {
  SessionState state = state_.load(std::memory_order_acquire);
  if (state == SessionState::kUnborn || state == SessionState::kOff || space_.is_own()) return;
  if (state == SessionState::kStarting && forked_) return;  // another thread of this child is at it
  if (!state_.compare_exchange_strong(state, SessionState::kStarting, std::memory_order_acq_rel))
    return;
  forked_ = true;
  if (file_.base != nullptr && !sandboxed()) {
    parent_ = {file_.salt, ledger_.live().next_sequence, facts_.pid};
    os::map_memory(file_.base, file_.plan.file_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1);
    listener_.forked();
  }
  inherited_frees_.store(0, std::memory_order_relaxed);
  if (!sandboxed()) pid_ = os::process_id();
  space_.adopt();
  state_.store(options_.children == Children::kNone ? SessionState::kOff : SessionState::kReady,
               std::memory_order_release);
}

void Session::notice_cut_file() {
  if (!is_recording() || mapping_.is_whole()) return;
  mapping_.replace();
  stop_recording_lost_file();
}

bool Session::survive_lost_mapping(const void* address) {
  if (!mapping_.holds(address) || sandboxed() || !mapping_.replace()) return false;
  stop_recording_lost_file();
  return true;
}

void Session::stop_recording_lost_file() {
  SessionState expected = SessionState::kRecording;
  if (state_.compare_exchange_strong(expected, SessionState::kOff, std::memory_order_acq_rel)) {
    log_line("the recording was cut by somebody, nothing more is recorded", recording_path());
  }
}

void Session::enter_sandbox() {
  if (sandboxed()) return;
  // What the program allocates behind the filter could not start a file any more.
  if (!off() && records_allocations()) {
    ready_to_sample();
  } else if (!off()) {
    become_ready();
  }
  if (before_sandbox_ != nullptr) before_sandbox_();
  if (owned_by_this_pid()) {
    if (reserve_whole_file(file_)) g_reservation.mark_all();
    events_.write(ring::EventKind::kMark, 0, 0, now_us(), 0,
                  static_cast<uint64_t>(ring::MarkCode::kSandbox), 0);
    ledger_.live().sandboxed = 1;
  }
  g_reservation.freeze();
  mapping_.freeze();
  stop_log();
  os::forbid_counter();
  sandboxed_.store(true, std::memory_order_relaxed);
}

}  // namespace dbgtrace::hooks::process
