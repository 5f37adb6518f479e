// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/borrowed_thread.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <list>
#include <thread>

#include "reader/attach/stopped_process.hpp"

namespace dbgtrace::reader::attach {
namespace {

constexpr auto kLongestStop = std::chrono::milliseconds(50);

// System calls that wait for others and that no allocator and no loader makes; the least noticed
// first.
constexpr std::array kWaits = {
    SYS_futex,           SYS_clock_nanosleep, SYS_nanosleep,
    SYS_restart_syscall,  // one of these that was stopped before
    SYS_rt_sigtimedwait, SYS_pause,           SYS_wait4,     SYS_waitid,     SYS_poll,
    SYS_ppoll,           SYS_select,          SYS_pselect6,  SYS_epoll_wait, SYS_epoll_pwait,
    SYS_accept,          SYS_accept4,         SYS_recvfrom,  SYS_recvmsg,    SYS_read,
    SYS_rt_sigsuspend};

// The place in the order of preference of a thread that waits; behind all of them one that does
// not.
size_t rank_of(pid_t pid, pid_t tid) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/syscall", pid, tid));
  long number = -1;
  file >> number;
  return static_cast<size_t>(std::find(kWaits.begin(), kWaits.end(), number) - kWaits.begin());
}

std::vector<pid_t> in_order_of_preference(pid_t pid, pid_t spared) {
  std::vector<std::pair<size_t, pid_t>> ranked;
  // The main thread often is the one that others wait for.
  for (const pid_t tid : threads_of(pid))
    ranked.push_back({rank_of(pid, tid) * 2 + (tid == pid ? 1 : 0), tid});
  std::sort(ranked.begin(), ranked.end());
  std::vector<pid_t> tids;
  for (const auto& [rank, tid] : ranked) tids.push_back(tid);
  std::stable_partition(tids.begin(), tids.end(), [spared](pid_t tid) { return tid != spared; });
  return tids;
}

bool has_room(const std::vector<Mapping>& mappings, uint64_t sp) {
  const Mapping* stack = mapping_at(mappings, sp);
  if (stack == nullptr || !stack->writable) return false;
  return stack->path == "[stack]" || sp - stack->start >= 2 * kOwnStackBytes;
}

// Null: it may be borrowed. Else what it is doing.
const char* what_forbids(const TracedThread& thread, const TargetCode& code, StackReader& stacks) {
  ThreadRegisters registers;
  if (!thread.registers(registers)) return "has ended";
  const uint64_t pc = registers.pc();
  const bool waits = registers.system_call() >= 0;
  // Outside of a system call the C library may be anywhere in what it does.
  if (in_any(code.loader, pc)) return "is in the loader";
  if (!waits && in_any(code.libc, pc)) return "is in the C library";
  if (waits && std::find(kWaits.begin(), kWaits.end(), registers.system_call()) == kWaits.end())
    return "is in a system call that is not one of waiting";
  const ThreadFrames frames = stacks.frames_of(thread.tid());
  if (frames.pcs.empty()) return "has a stack that can't be read";
  if (frames.in_signal_handler) return "is in a signal handler";
  for (const uint64_t frame : frames.pcs) {
    if (in_any(code.loader, frame)) return "is in the loader";
    if (in_any(code.allocator, frame)) return "is in malloc";
    if (in_any(code.recorder, frame)) return "is in the recorder";
  }
  return nullptr;
}

// Traced already, and yet to be stopped; else traced anew.
TracedThread take_or_trace(std::list<TracedThread>& late, pid_t tid) {
  const auto found = std::find_if(late.begin(), late.end(),
                                  [tid](const TracedThread& each) { return each.tid() == tid; });
  if (found == late.end()) return TracedThread(tid);
  TracedThread thread(std::move(*found));
  late.erase(found);
  return thread;
}

}  // namespace

std::optional<Borrowed> borrow_thread(pid_t pid, const TargetCode& code, StackReader& stacks,
                                      pid_t spared, Clock::time_point deadline,
                                      Obstacle& obstacle) {
  std::string last;
  std::list<TracedThread> late;  // asked to stop, and did not yet
  auto pause = std::chrono::milliseconds(1);
  do {
    const std::vector<Mapping> mappings = read_mappings(pid);
    for (const pid_t tid : in_order_of_preference(pid, spared)) {
      const auto since = Clock::now();
      TracedThread thread = take_or_trace(late, tid);
      if (!thread.is_traced()) {
        if (errno == EPERM) return obstacle = refusal_of(pid, EPERM), std::nullopt;
        continue;
      }
      if (!thread.wait_until_stopped(Clock::now() + kLongestStop)) {
        last = fmt::format("thread {} can't be stopped (vfork, or a disk)", tid);
        late.push_back(std::move(thread));
        continue;
      }
      ThreadRegisters registers;
      if (const char* reason = what_forbids(thread, code, stacks)) {
        last = fmt::format("thread {} {}", tid, reason);
        continue;
      }
      if (!thread.registers(registers) || !has_room(mappings, registers.sp())) {
        last = fmt::format("thread {} has a small stack", tid);
        continue;
      }
      return Borrowed{std::move(thread), registers.sp() - TracedThread::kRedZoneBytes, since};
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  } while (Clock::now() < deadline);
  obstacle =
      last.empty()
          ? Obstacle{fmt::format("{} has ended", pid), ""}
          : Obstacle{fmt::format("no thread of {} can be borrowed for the call: {}", pid, last),
                     "try again"};
  return {};
}

}  // namespace dbgtrace::reader::attach
