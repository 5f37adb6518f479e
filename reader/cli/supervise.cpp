// SPDX-License-Identifier: Apache-2.0
// All signals are blocked here and taken one by one, so that there are no handlers and no races.
// One from the terminal reaches the program as well, since it goes to the whole process group; one
// that a process sent to us is passed on.
#include "reader/cli/supervise.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "reader/cli/exit_code.hpp"

namespace dbgtrace::reader::cli {
namespace {

// Everything that somebody may send, and SIGCHLD. Faults of our own stay deadly.
sigset_t taken_signals() {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF}) {
    sigdelset(&set, fault);
  }
  return set;
}

class Supervisor {
 public:
  Supervisor(pid_t child, const sigset_t& taken) : child_(child), taken_(taken) {}

  int wait() {
    for (;;) {
      siginfo_t info{};
      const int signal = sigwaitinfo(&taken_, &info);
      if (signal == SIGCHLD) {
        int status = 0;
        if (has_ended(status)) return status;
      } else if (signal > 0 && info.si_code != SI_KERNEL && info.si_pid != child_) {
        pass_on(signal, info);
      } else if (signal == SIGTSTP) {
        asked_to_stop_ = true;
      }
    }
  }

 private:
  bool has_ended(int& status) {
    for (;;) {
      const pid_t pid = waitpid(child_, &status, WNOHANG | WUNTRACED | WCONTINUED);
      if (pid < 0 && errno == EINTR) continue;
      if (pid <= 0) return false;
      if (WIFCONTINUED(status)) {
        stopped_ = false;
      } else if (WIFSTOPPED(status)) {
        stopped_ = true;
        stop_with(WSTOPSIG(status));
      } else {
        return true;
      }
    }
  }

  void pass_on(int signal, const siginfo_t& info) {
    if (signal == SIGCONT && !stopped_) return;
    if (info.si_code == SI_QUEUE) {
      sigqueue(child_, signal, info.si_value);
    } else {
      kill(child_, signal);
    }
  }

  // A shell that waits for us has to see that the job is stopped. SIGSTOP is mirrored only where it
  // answers a key: whoever sent it to the program alone will let that go on without us.
  void stop_with(int signal) {
    const bool by_terminal = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU ||
                             (signal == SIGSTOP && asked_to_stop_);
    asked_to_stop_ = false;
    if (!by_terminal) return;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, nullptr);  // stops here
    sigprocmask(SIG_BLOCK, &one, nullptr);
    sigset_t go_on;
    sigemptyset(&go_on);
    sigaddset(&go_on, SIGCONT);
    const timespec none{0, 0};
    // No stop where the group is an orphan: then the program was not stopped for long either.
    if (sigtimedwait(&go_on, nullptr, &none) == SIGCONT) kill(child_, SIGCONT);
  }

  pid_t child_;
  sigset_t taken_;
  bool stopped_ = false;
  bool asked_to_stop_ = false;
};

}  // namespace

Ended supervise(const std::function<int()>& become) {
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) {
    complain(fmt::format("can't make a pipe: {}", std::strerror(errno)));
    return {0, kRunFailed, 0};
  }
  const sigset_t taken = taken_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &taken, &before);
  struct sigaction child_signal {};
  sigaction(SIGCHLD, nullptr, &child_signal);
  // Who ignores it is not told of children.
  std::signal(SIGCHLD, SIG_DFL);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    sigaction(SIGCHLD, &child_signal, nullptr);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever kills us means the program
    const int code = getppid() == parent ? become() : kRunFailed;
    const ssize_t told = write(failure[1], &code, sizeof code);
    _exit(told == sizeof code ? code : kRunFailed);
  }
  close(failure[1]);
  Ended ended{0, pid < 0 ? kRunFailed : 0, pid};
  if (pid < 0) {
    complain(fmt::format("can't start a process: {}", std::strerror(errno)));
  } else {
    int code = 0;
    if (read(failure[0], &code, sizeof code) == sizeof code) ended.start_error = code;
    ended.status = Supervisor(pid, taken).wait();
  }
  close(failure[0]);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return ended;
}

int end_like(int status) {
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  // The program has left its core dump; ours would be one of the wrong process.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int signal = WTERMSIG(status);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  std::signal(signal, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  raise(signal);
  return 128 + signal;
}

}  // namespace dbgtrace::reader::cli
