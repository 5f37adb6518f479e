// SPDX-License-Identifier: Apache-2.0
// The one recording of this process: the only global state of the recorder, constant-initialised
// and never destroyed.
//
//   kUnborn --first use--> kReady --first sample--> kStarting --> kRecording
//                            |  ^                      |
//                            |  +--- forked child -----+--> kOff (disabled, no room, policy)
//
// A recorder that was attached to a running program goes from kRecording to kOff when it is
// detached, and on from there when it is attached again.
//
// session.cpp goes through these states, session_settings.cpp reads the settings before, and
// session_end.cpp says in the recording how its process ended.
//
// kStarting is held by one thread, which creates the file; samples of other threads meanwhile are
// dropped and counted.
#pragma once

#include <atomic>
#include <cstdint>

#include "hooks/os/tick_clock.hpp"
#include "hooks/process/address_space.hpp"
#include "hooks/process/facts.hpp"
#include "hooks/process/output_path.hpp"
#include "hooks/process/own_mapping.hpp"
#include "hooks/process/recording_file.hpp"
#include "hooks/process/reservation.hpp"
#include "ring/event_writer.hpp"
#include "ring/ledger.hpp"

namespace dbgtrace::hooks::process {

enum class SessionState : uint32_t { kUnborn, kReady, kStarting, kRecording, kOff };

// Whether the folder has room for all that the file may grow to; asked for at the first sample.
enum class FolderRoom : uint8_t { kUncounted, kAsking, kCounted, kRefused };

// What the other parts keep per recording; they hear of its begin and of a fork.
struct SessionListener {
  uint64_t (*private_bytes)(bool every_allocation);  // at most; counted in DBGTRACE_SIZE
  bool (*begin)(bool every_allocation, uint32_t live_capacity);  // false: no memory, do not record
  void (*forked)();                                              // in a child, before it records
  // The recording was ended from outside. nobody_inside: no thread is in the recorder, so memory
  // can be given back.
  void (*detached)(bool nobody_inside);
};

// Thread-safety: yes. Signal-safety: yes, except start-up, which a signal handler may only find
// going on. Allocates: never.
class Session {
 public:
  constexpr Session() = default;

  // Reads options once; any thread, any number of times. From then on state() is kReady or kOff.
  void prepare(const char* const* environment);

  // A recorder that was loaded into a running program: `settings` takes the place of the
  // environment's DBGTRACE_ variables. Starts the recording. False: it can't, or there is one
  // already. Threads: one at a time.
  bool attach(const char* const* settings, const char* const* environment);
  // Ends that recording; attach() may follow.
  void detach(bool nobody_inside);
  bool own_malloc() const { return own_malloc_; }
  bool attached() const { return attached_.load(std::memory_order_relaxed); }

  // True if a sample may be recorded now: starts the recording if need be, and a forked child's
  // own. One load and compare where all is as usual.
  bool ready_to_record() { return is_recording() && mapping_.is_whole() ? true : become_ready(); }
  // The same for what makes the file grow: room is made for it in its folder first.
  bool ready_to_sample() {
    return ready_to_record() &&
           (room_.load(std::memory_order_acquire) == FolderRoom::kCounted || make_room());
  }
  // The same for a free: never starts a recording, but notices a fork.
  bool recording_here() { return is_recording() && mapping_.is_whole() ? true : still_recording(); }

  // With crash capture on, the file is there from the start: a crash is no time to create one.
  void start_early();

  bool off() const { return state_.load(std::memory_order_relaxed) == SessionState::kOff; }
  SessionState state() const { return state_.load(std::memory_order_acquire); }
  void turn_off() { state_.store(SessionState::kOff, std::memory_order_release); }

  const Options& options() const { return options_; }
  const ring::Ledger& ledger() const { return ledger_; }
  ring::EventWriter& events() { return events_; }
  uint64_t salt() const { return file_.salt; }
  uint32_t number() const { return number_; }
  uint64_t now_us() { return clock_.now_us(); }
  const os::TickClock& clock() const { return clock_; }

  // Whether any of these bytes of the file may have been written. Reading others can make it grow.
  bool is_touched(uint64_t offset_bytes, uint64_t size_bytes) const;

  bool records_allocations() const { return options_.sample_bytes != 0; }
  // A filter was brought along from before exec: only the calls of every start are made.
  bool restricted() const;
  // Of the process that the recording belongs to, as it sees itself: procfs may be another
  // namespace's.
  uint32_t pid() const { return pid_; }
  // A vfork child, or another process that shares this memory.
  bool is_other_process() const;

  // Calls listener before the program enters a seccomp filter.
  void set_before_sandbox(void (*listener)()) { before_sandbox_ = listener; }
  void set_listener(const SessionListener& listener) { listener_ = listener; }
  // Calls begin once a recording can be written, now if it already can.
  void set_black_box(void (*begin)());
  // A sample that came while another thread (or the code that a signal handler interrupted) was
  // creating the file.
  void count_lost_at_start();
  void count_inherited_free() { inherited_frees_.fetch_add(1, std::memory_order_relaxed); }

  // The process is about to end or to become another program. Only the process that owns the
  // recording says so: a vfork child shares this memory but has a pid of its own.
  void note_exit(int code);
  void note_crash(int signal);  // the first one stays
  void note_recorded_crash();   // the record stands: is there room for it?
  void note_teardown();         // exit() has begun: handlers and destructors run
  void note_exec(bool begins);
  // Nothing runs any more: a recording in which there is nothing is removed.
  void note_end();
  // Before a seccomp filter: reserves the file, then no system call is made any more.
  void enter_sandbox();
  bool sandboxed() const { return sandboxed_.load(std::memory_order_relaxed); }

  // A SIGBUS was raised at this address. True if that lies in the mapping of the recording and the
  // program can go on: without one. Called by a signal handler.
  bool survive_lost_mapping(const void* address);

 private:
  void read_settings(const char* const* settings, const char* const* environment);
  bool is_recording() const {
    return state_.load(std::memory_order_acquire) == SessionState::kRecording && space_.is_own();
  }
  bool become_ready();
  bool still_recording();
  void notice_fork();
  void notice_cut_file();
  bool start();
  void note_working_directory();
  void choose_output();
  bool owned_by_this_pid() const;
  void stop_recording_lost_file();
  bool is_empty() const;
  bool make_room();

  std::atomic<SessionState> state_{SessionState::kUnborn};
  std::atomic<bool> preparing_{false};
  std::atomic<bool> attached_{false};
  std::atomic<bool> sandboxed_{false};
  std::atomic<FolderRoom> room_{FolderRoom::kUncounted};
  bool forked_ = false;
  uint32_t number_ = 0;
  std::atomic<uint32_t> torn_down_{0};  // number of the recording of which exit() has begun
  uint32_t pid_ = 0;
  AddressSpace space_;
  OwnMapping mapping_;
  Options options_;
  ring::Ledger ledger_;
  ring::EventWriter events_;
  RecordingFile file_;
  os::TickClock clock_;
  Parent parent_;
  SessionListener listener_{};
  void (*begin_black_box_)() = nullptr;
  void (*before_sandbox_)() = nullptr;
  bool own_malloc_ = false;
  std::atomic<uint64_t> inherited_frees_{0};
  std::atomic<uint64_t> lost_at_start_{0};
  // Large, and of no use while samples are taken.
  Facts facts_ = {};
  char working_directory_[kMaxPath] = {};
  char out_[kMaxPath] = {};
  char default_out_[kMaxPath] = {};
};

extern constinit Session g_session;

}  // namespace dbgtrace::hooks::process
