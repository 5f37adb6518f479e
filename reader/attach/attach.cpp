// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/attach.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "reader/attach/remote_library.hpp"
#include "reader/attach/stopped_process.hpp"

namespace dbgtrace::reader::attach {
namespace {

using ring::AttachCall;
using ring::AttachResult;
using ring::AttachStep;

constexpr auto kPatience = std::chrono::seconds(3);
constexpr auto kRest = std::chrono::milliseconds(5);
constexpr uint64_t kLookedAtBytes = 64 << 10;  // of a stack, from its end on

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Obstacle meaning_of(const AttachCall& call, pid_t pid) {
  switch (call.result) {
    case AttachResult::kDone:
      return {};
    case AttachResult::kOtherVersion:
      return {fmt::format("the recorder in {} is of another version", pid),
              "restart it, or use the dbgtrace that attached it"};
    case AttachResult::kPreloaded:
      return {fmt::format("{} has had the recorder since it started (LD_PRELOAD)", pid),
              call.path[0] == '\0' ? "" : fmt::format("its recording: {}", call.path)};
    case AttachResult::kAlready:
      return {fmt::format("{} is being recorded already", pid),
              fmt::format("its recording: {}", call.path)};
    case AttachResult::kNotAttached:
      return {fmt::format("{} is not being recorded", pid),
              fmt::format("begin with `dbgtrace attach {}`", pid)};
    case AttachResult::kNoCopying:
      return {fmt::format("{} may not use process_vm_readv (a filter of its container)", pid),
              "start it with `dbgtrace run`"};
    case AttachResult::kNoRecording:
      return {fmt::format("{} could not begin a recording{}{}", pid,
                          call.message[0] == '\0' ? "" : ": ", call.message),
              "name another place with --out, as it is seen from that process and writable for its "
              "user"};
    case AttachResult::kNoAnswer:
      break;
  }
  return {fmt::format("the recorder in {} does not answer", pid), ""};
}

bool put_settings(const std::vector<std::string>& settings, AttachCall& call) {
  size_t at = 0;
  for (const std::string& setting : settings) {
    if (at + setting.size() + 2 > sizeof(call.settings)) return false;
    std::memcpy(call.settings + at, setting.c_str(), setting.size() + 1);
    at += setting.size() + 1;
  }
  return true;
}

// The process, one borrowed thread of it, and the recorder in it.
class Connection {
 public:
  explicit Connection(pid_t pid) : pid_(pid), memory_(pid) {}

  Obstacle open() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, nullptr);
    setpriority(PRIO_PROCESS, 0,
                -20);  // who stands still waits for us; without the right to it, a little longer
    if (Obstacle obstacle = obstacle_of(pid_)) return obstacle;
    if (!memory_.is_open()) return refusal_of(pid_, errno);
    if (Obstacle obstacle = find_code(pid_, memory_, code_)) return obstacle;
    stacks_.emplace(pid_);
    return {};
  }

  Obstacle borrow() {
    Obstacle obstacle;
    auto found = borrow_thread(pid_, code_, *stacks_, spared_, Clock::now() + kPatience, obstacle);
    if (!found) return obstacle;
    borrowed_.emplace(std::move(*found));
    spared_ = borrowed_->thread.tid();
    library_.emplace(pid_, memory_, code_, *borrowed_, scratch_);
    return library_->make_scratch();
  }

  void give_back() {
    library_.reset();
    if (!borrowed_) return;
    const auto since = borrowed_->since;
    borrowed_.reset();
    one_paused_ms_ = std::max(one_paused_ms_, milliseconds_since(since));
  }

  // Whoever has stood still for us goes on; what follows is asked of another thread if there is
  // one, and else of the same one a little later.
  Obstacle rest(std::chrono::milliseconds pause = kRest) {
    give_back();
    std::this_thread::sleep_for(pause);
    return borrow();
  }

  // Takes the memory away and lets the thread go.
  void end() {
    if (scratch_ != 0 && !borrowed_) borrow();
    if (library_) library_->drop_scratch();
    give_back();
  }

  ~Connection() { end(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  uint64_t take_stack(TracedThread& thread, int64_t offset) const {
    return take_stack_of(thread, memory_, code_, offset);
  }
  bool has_recorder() const { return code_.answer != 0; }
  RemoteLibrary& library() { return *library_; }
  double all_paused_ms() const { return all_paused_ms_; }
  double one_paused_ms() const { return one_paused_ms_; }
  uint32_t threads() const { return threads_; }

  // Stops the other threads, once none is in the loader, or, if that matters, in the recorder, and
  // does it.
  template <typename Do>
  Obstacle with_all_stopped(bool recorder_matters, Do work) {
    const auto deadline = Clock::now() + kPatience;
    auto pause = std::chrono::milliseconds(1);
    for (;;) {
      const auto since = Clock::now();
      StoppedProcess others(pid_, borrowed_->thread.tid());
      const bool late = Clock::now() >= deadline;
      const bool busy = loader_is_busy(others.threads());
      const bool inside = recorder_matters && anybody_inside(others.threads());
      if (!busy && (!inside || late)) {
        const Obstacle obstacle = work(others.threads(), !inside);
        threads_ = static_cast<uint32_t>(others.threads().size()) + 1;
        others.threads().clear();
        all_paused_ms_ = milliseconds_since(since);
        return obstacle;
      }
      others.threads().clear();
      if (late)
        return {fmt::format("{} has been loading libraries all the time", pid_), "try again"};
      if (!recorder_matters) {
        std::this_thread::sleep_for(pause);
      } else if (Obstacle obstacle = rest(pause)) {
        return obstacle;
      }
      pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
  }

  // In the thread-local storage of a stopped thread.
  void forget_countdown(const TracedThread& thread, int64_t offset) const {
    ThreadRegisters registers;
    if (!thread.registers(registers) || registers.thread_pointer() == 0) return;
    constexpr std::array<uint64_t, 2> kAnew = {0, 0};
    memory_.store(registers.thread_pointer() + static_cast<uint64_t>(offset), kAnew);
  }
  const TracedThread& borrowed_thread() const { return borrowed_->thread; }

 private:
  bool loader_is_busy(const std::vector<TracedThread>& threads) const {
    struct State {
      int32_t version, padding;
      uint64_t first, break_address;
      int32_t state, more;
    };
    const auto state = memory_.load<State>(code_.loader_state);
    if (code_.loader_state != 0 && state && state->state != 0) return true;
    return std::any_of(threads.begin(), threads.end(), [this](const TracedThread& thread) {
      ThreadRegisters registers;
      return thread.is_stopped() && thread.registers(registers) &&
             in_any(code_.loader, registers.pc());
    });
  }

  // A word that leads into the recorder may be a left-over: then the frames decide.
  bool anybody_inside(const std::vector<TracedThread>& threads) {
    return std::any_of(threads.begin(), threads.end(), [this](const TracedThread& thread) {
      ThreadRegisters registers;
      if (!thread.is_stopped() || !thread.registers(registers)) return false;
      if (in_any(code_.recorder, registers.pc())) return true;
      stack_words_.resize(kLookedAtBytes / sizeof(uint64_t));
      const size_t got =
          memory_.read_some(registers.sp(), std::as_writable_bytes(std::span(stack_words_)));
      stack_words_.resize(got / sizeof(uint64_t));
      const bool maybe =
          std::any_of(stack_words_.begin(), stack_words_.end(),
                      [this](uint64_t word) { return in_any(code_.recorder, word); });
      if (!maybe) return false;
      const ThreadFrames frames = stacks_->frames_of(thread.tid());
      return frames.pcs.empty() ||
             std::any_of(frames.pcs.begin(), frames.pcs.end(),
                         [this](uint64_t pc) { return in_any(code_.recorder, pc); });
    });
  }

  pid_t pid_;
  ProcessMemory memory_;
  TargetCode code_;
  std::optional<StackReader> stacks_;
  std::optional<Borrowed> borrowed_;
  std::optional<RemoteLibrary> library_;
  pid_t spared_ = 0;
  uint64_t scratch_ = 0;
  std::vector<uint64_t> stack_words_;
  double all_paused_ms_ = 0;
  double one_paused_ms_ = 0;
  uint32_t threads_ = 0;
};

void describe(const Connection& connection, const AttachCall& call, Outcome& outcome) {
  outcome.path = call.path;
  outcome.slots = call.slots;
  outcome.slots_left = call.slots_left;
  outcome.modules = call.modules;
  outcome.executable_has_malloc = call.executable_has_malloc != 0;
  outcome.threads = connection.threads();
  outcome.all_paused_ms = connection.all_paused_ms();
  outcome.one_paused_ms = connection.one_paused_ms();
}

Obstacle wire(Connection& connection, AttachCall& call, pid_t pid) {
  return connection.with_all_stopped(
      false, [&](std::vector<TracedThread>& others, bool) -> Obstacle {
        call.step = AttachStep::kWire;
        for (const TracedThread& thread : others)
          connection.forget_countdown(thread, call.countdown_offset);
        connection.forget_countdown(connection.borrowed_thread(), call.countdown_offset);
        if (Obstacle obstacle = connection.library().call(call)) return obstacle;
        return meaning_of(call, pid);
      });
}

Obstacle unwire(Connection& connection, AttachCall& call, pid_t pid) {
  return connection.with_all_stopped(
      true, [&](std::vector<TracedThread>&, bool nobody_inside) -> Obstacle {
        call.step = AttachStep::kDetach;
        call.nobody_inside = nobody_inside ? 1 : 0;
        if (Obstacle obstacle = connection.library().call(call)) return obstacle;
        return meaning_of(call, pid);
      });
}

// Takes the alternate signal stacks of the threads away again, which only each of them itself can
// give up: one thread stands still at a time. The pool of them is told by a borrowed one.
void take_stacks(Connection& connection, AttachCall& call, pid_t pid) {
  call.step = AttachStep::kReuseStacks;
  call.stacks = 0;
  for (const pid_t tid : threads_of(pid)) {
    if ((call.stacks + 1) * sizeof(uint64_t) > sizeof(call.settings)) break;
    TracedThread thread(tid);
    if (!thread.is_traced() ||
        !thread.wait_until_stopped(Clock::now() + std::chrono::milliseconds(50)))
      continue;
    const uint64_t stack = connection.take_stack(thread, call.alternate_stack_offset);
    if (stack != 0)
      std::memcpy(call.settings + call.stacks++ * sizeof(stack), &stack, sizeof(stack));
  }
  if (!connection.borrow()) connection.library().call(call);
}

}  // namespace

Outcome attach(pid_t pid, const std::vector<std::string>& settings, const std::string& library) {
  Outcome outcome;
  Connection connection(pid);
  AttachCall call{};
  const auto fail = [&outcome](Obstacle obstacle) {
    outcome.obstacle = std::move(obstacle);
    return outcome;
  };
  if (!put_settings(settings, call)) return fail({"the settings are too long", ""});
  if (Obstacle obstacle = connection.open()) return fail(obstacle);
  if (Obstacle obstacle = connection.borrow()) return fail(obstacle);
  if (!connection.has_recorder()) {
    if (Obstacle obstacle = connection.library().load(library)) return fail(obstacle);
    if (Obstacle obstacle = connection.rest()) return fail(obstacle);
  }
  call.step = AttachStep::kBegin;
  if (Obstacle obstacle = connection.library().call(call)) return fail(obstacle);
  outcome.already =
      call.result == AttachResult::kAlready || call.result == AttachResult::kPreloaded;
  if (Obstacle obstacle = meaning_of(call, pid)) return fail(obstacle);
  const Obstacle obstacle = wire(connection, call, pid);
  if (obstacle) {
    call.step = AttachStep::kDetach;
    call.nobody_inside = 0;  // some calls may have been led there, and nobody is stopped
    connection.library().call(call);
    return fail(obstacle);
  }
  connection.end();
  describe(connection, call, outcome);
  return outcome;
}

Outcome detach(pid_t pid) {
  Outcome outcome;
  Connection connection(pid);
  AttachCall call{};
  const auto fail = [&outcome](Obstacle obstacle) {
    outcome.obstacle = std::move(obstacle);
    return outcome;
  };
  if (Obstacle obstacle = connection.open()) return fail(obstacle);
  call.result = AttachResult::kNotAttached;
  if (!connection.has_recorder()) return fail(meaning_of(call, pid));
  if (Obstacle obstacle = connection.borrow()) return fail(obstacle);
  call.step = AttachStep::kLook;
  if (Obstacle obstacle = connection.library().call(call)) return fail(obstacle);
  if (call.result != AttachResult::kAlready) return fail(meaning_of(call, pid));
  if (Obstacle obstacle = unwire(connection, call, pid)) return fail(obstacle);
  const AttachCall unwired = call;
  connection.give_back();
  take_stacks(connection, call, pid);
  connection.end();
  call = unwired;
  describe(connection, call, outcome);
  return outcome;
}

}  // namespace dbgtrace::reader::attach
