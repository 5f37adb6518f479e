// SPDX-License-Identifier: Apache-2.0
// A thread of another process, stopped by ptrace. It goes on as if nothing had been when the object
// ends: registers, vector registers, signal mask and the system call that it was in.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "reader/attach/process_memory.hpp"

namespace dbgtrace::reader::attach {

using Clock = std::chrono::steady_clock;

// The registers by their part in a call, on this architecture.
struct ThreadRegisters {
  user_regs_struct values{};
  uint64_t pc() const;
  uint64_t sp() const;
  uint64_t thread_pointer() const;
  // The system call that the thread was taken out of and that it will be in again; negative: none.
  long system_call() const;
};

enum class Finish {
  kReturn,  // seen by the system call with which the thread would restore itself
  kSignal,  // the function sends done_signal to its own thread
  kFault,   // it returns to address 0: the only way that tells its result. For short functions: the
            // thread dies if this process is killed meanwhile
};

// Thread-safety: the thread that made it (a rule of ptrace).
class TracedThread {
 public:
  // Asks for the stop; wait_until_stopped() waits for it. errno says why if it could not
  // (is_traced() is false).
  explicit TracedThread(pid_t tid);
  ~TracedThread();
  TracedThread(TracedThread&& other) noexcept;
  TracedThread(const TracedThread&) = delete;
  TracedThread& operator=(const TracedThread&) = delete;

  pid_t tid() const { return tid_; }
  bool is_traced() const { return traced_; }
  bool is_stopped() const { return stopped_; }
  // False: not by then (in the kernel, uninterruptible: it runs no code of the program either), or
  // gone.
  bool wait_until_stopped(Clock::time_point deadline);
  bool registers(ThreadRegisters& registers) const;

  // Calls a function with up to six arguments on a stack that ends at stack_top. If this process
  // dies meanwhile, the thread goes on by itself: it returns into restorer, the C library's way out
  // of a signal handler, which finds there all that it needs. None: it faulted, or did not return
  // by the deadline; its registers are as before in any case. The result is known with kFault, else
  // 0.
  struct Call {
    uint64_t function;
    std::array<uint64_t, 6> arguments{};
    uint64_t stack_top;
    uint64_t restorer;
    Finish finish = Finish::kReturn;
    int done_signal = 0;
  };
  std::optional<uint64_t> call(const ProcessMemory& memory, const Call& call,
                               Clock::time_point deadline);

  // So many bytes below the stack pointer are used by a call on the thread's own stack.
  static constexpr uint64_t kRedZoneBytes = 256;

 private:
  std::optional<int> wait_for_stop(Clock::time_point deadline);
  std::optional<uint64_t> run_to_end(const Call& call, Clock::time_point deadline);
  bool park(Clock::time_point deadline);
  void begin_wait_again();
  bool save();
  void restore();
  uint64_t write_frame(const ProcessMemory& memory, const Call& call) const;

  pid_t tid_;
  bool traced_ = false;
  bool stopped_ = false;
  bool gone_ = false;
  bool saved_ = false;
  int pending_signal_ = 0;  // arrived meanwhile; delivered when it goes on
  ThreadRegisters before_;
  uint64_t mask_before_ = 0;
  std::vector<std::byte> vectors_before_;
};

}  // namespace dbgtrace::reader::attach
