// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/session.hpp"

#include <signal.h>

#include <cstring>

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/child_policy.hpp"
#include "hooks/process/log.hpp"
#include "hooks/process/output_path.hpp"
#include "hooks/stack/memo_pool.hpp"
#include "ring/crash_layout.hpp"
#include "ring/history_writer.hpp"

namespace dbgtrace::hooks::process {
namespace {

// Counted in DBGTRACE_SIZE beside the file: rule table, free filter, sealing and stack buffers,
// reservation map.
constexpr uint64_t kPrivateBytes = 1536 << 10;

constinit Reservation g_reservation;
constinit Facts g_facts = {};
constinit char g_working_directory[kMaxPath] = {};
constinit char g_out[kMaxPath] = {};
constinit char g_default_out[kMaxPath] = {};
alignas(16) constinit std::byte g_seal_scratch[4 * ring::kSealScratchBytes] = {};

bool ensure_space(uint64_t offset_bytes, uint64_t size_bytes) {
  return g_reservation.ensure(offset_bytes, size_bytes);
}

// The environment may be rewritten by the program, so what is needed later is copied.
std::string_view keep(std::string_view text, char (&buffer)[kMaxPath]) {
  if (text.size() >= sizeof(buffer)) return {};
  std::memcpy(buffer, text.data(), text.size());
  return {buffer, text.size()};
}

void report(const OptionErrors& errors) {
  for (uint32_t i = 0; i < errors.count; ++i) {
    char buffer[512];
    os::Text line(buffer, sizeof(buffer));
    const auto& error = errors.entries[i];
    line.add(error.name)
        .add('=')
        .add(error.value)
        .add(" makes no sense, expected ")
        .add(error.expected)
        .add("; default used");
    log_line(line.view());
  }
}

// Its runtime expects to be the only one between the program and the C library.
bool is_sanitized() {
  void* address = nullptr;
  os::Wanted runtimes[] = {{"__asan_init", &address},
                           {"__hwasan_init", &address},
                           {"__tsan_init", &address},
                           {"__msan_init", &address}};
  os::find_all(runtimes);
  return address != nullptr;
}

void note_working_directory() {
  if (os::raw_syscall(SYS_getcwd, os::as_argument(g_working_directory),
                      sizeof(g_working_directory)) < 0) {
    g_working_directory[0] = '\0';
  }
}

}  // namespace

constinit Session g_session;

void Session::prepare(const char* const* environment) {
  if (state_.load(std::memory_order_acquire) != SessionState::kUnborn || environment == nullptr)
    return;
  if (preparing_.exchange(true, std::memory_order_acquire)) return;
  if (os::loaded_at_start()) return read_settings(environment, environment);
  state_.store(SessionState::kOff, std::memory_order_release);  // until somebody attaches
}

void Session::read_settings(const char* const* settings, const char* const* environment) {
  OptionErrors errors;
  options_ = parse_options(settings, errors);
  gather_facts(g_facts);
  // Whoever debugs sees each delivery of a signal: one that we pass on would stop the program
  // twice. Who attaches us traces only to do so.
  if (g_facts.traced && !attached()) options_.crash = false;
  pid_ = g_facts.restricted() ? g_facts.pid : os::process_id();
  static constinit char log_path[kMaxPath] = {};
  os::Text log(log_path, sizeof(log_path));
  const bool relative_log =
      !options_.log.empty() && options_.log.front() != '/' && options_.log != "stderr";
  if (relative_log || (!options_.out.empty() && options_.out.front() != '/'))
    note_working_directory();
  if (relative_log) log.add(g_working_directory).add('/');
  log.add(options_.log);
  set_log_pid(g_facts.pid);
  if (!g_facts.secure && !options_.disable) set_log(log.view());
  options_.log = {};
  options_.out = keep(options_.out, g_out);
  os::Text default_out(g_default_out, sizeof(g_default_out));
  default_template(environment, g_facts.euid, default_out);
  choose_output();
  const bool other = !options_.only.empty() && !g_facts.is_called(options_.only);
  options_.only = {};
  bool disabled = options_.disable || g_facts.secure;
  if (!disabled && is_sanitized()) {
    log_line(
        "the program is built with a sanitizer, which takes malloc and the signals for itself: "
        "nothing is recorded");
    disabled = true;
  }
  own_malloc_ = !disabled && !other && os::executable_defines("malloc");
  if (own_malloc_) {
    log_line("the executable defines malloc itself: no allocations are recorded");
    options_.sample_bytes = 0;
  }
  const bool off = disabled || other || (!records_allocations() && !options_.crash);
  if (!disabled && !attached()) apply_child_policy(options_.children, environment);
  if (!off) {
    report(errors);
    space_.start(!g_facts.restricted());
  }
  state_.store(off ? SessionState::kOff : SessionState::kReady, std::memory_order_release);
}

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

// The place that was named may be for one process only: another, also a forked child of that one,
// records into the default folder.
void Session::choose_output() {
  const bool for_another = options_.out_pid != 0 && options_.out_pid != g_facts.pid;
  if (options_.out.empty() || for_another) options_.out = g_default_out;
}

bool Session::restricted() const { return g_facts.restricted(); }

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
  const bool made = sandboxed() || count_recording(file_, options_, g_facts);
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
  const SignalsWait wait(!g_facts.restricted() && !sandboxed());
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
    gather_facts(g_facts);
    set_log_pid(g_facts.pid);
    choose_output();
  }
  const uint64_t memo_bytes = stack::MemoPool::bytes_for(exact);
  const uint64_t private_bytes = kPrivateBytes + memo_bytes + listener_.private_bytes(exact);
  file_ = create_recording(options_, g_facts, g_working_directory, parent_, private_bytes);
  if (file_.base == nullptr) return false;
  clock_.start(file_.start_ns);
  room_.store(g_facts.restricted() ? FolderRoom::kCounted : FolderRoom::kUncounted,
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
  if (g_facts.restricted()) {
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
    parent_ = {file_.salt, ledger_.live().next_sequence, g_facts.pid};
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
  fit_crashed_recording(file_, g_facts, options_.total_bytes);
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
