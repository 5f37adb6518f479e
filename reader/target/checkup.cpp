// SPDX-License-Identifier: Apache-2.0
#include "reader/target/checkup.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ring/layout.hpp"

namespace dbgtrace::reader::target {
namespace {

std::string bytes_text(uint64_t bytes) {
  if (bytes >= uint64_t{10} << 30) return fmt::format("{} GiB", bytes >> 30);
  if (bytes >= uint64_t{1} << 20) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{} KiB", bytes >> 10);
}

Check check_program(const Target& target, const Preflight& preflight) {
  if (!target.file.problem.empty()) {
    return {"program", CheckStatus::kProblem, target.file.problem, target.file.way_out};
  }
  if (target.file.path.empty()) {
    const bool number = std::all_of(target.name.begin(), target.name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (number) {
      return {"program", CheckStatus::kProblem, "there is no process " + target.name,
              "Give the pid of one that runs, or a program."};
    }
    return {"program", CheckStatus::kProblem, target.name + " was not found",
            "Give its path, or set PATH."};
  }
  if (!target.elf.is_elf) {
    return {"program", CheckStatus::kWarning,
            target.file.path + " is no ELF file; a shell may run it, which would be recorded", ""};
  }
  if (!preflight.obstacle.empty()) {
    const bool crashes = preflight.verdict == Verdict::kCrashesOnly;
    return {"program", crashes ? CheckStatus::kWarning : CheckStatus::kProblem, preflight.sentence,
            preflight.way_out};
  }
  std::string finding;
  for (const ScriptLink& link : target.file.chain) finding += link.script + " is run by ";
  finding +=
      fmt::format("{}: {}, loaded by {}", target.file.path,
                  machine_name(target.elf.machine, target.elf.word_bits), target.elf.interpreter);
  const std::string fix =
      target.file.chain.empty() ? "" : "--only NAME records just the processes of one name.";
  return {"program", CheckStatus::kOk, finding, fix};
}

Check check_process(const RunningProcess& process) {
  const std::string who = fmt::format("process {}", process.pid);
  if (!process.readable) {
    return {"process", CheckStatus::kProblem,
            who + (process.same_user ? " can't be looked into" : " belongs to another user"),
            process.same_user ? "A container or a security module forbids it, CAP_SYS_PTRACE helps."
                              : "Run doctor as that user or as root."};
  }
  if (process.recorded) {
    return {"process", CheckStatus::kOk,
            fmt::format("{} ({}) has libdbgtrace.so loaded", who, process.executable),
            "`dbgtrace list` shows its recording."};
  }
  if (process.tracer != 0) {
    return {"process", CheckStatus::kWarning,
            fmt::format("{} is traced by process {} (a debugger or strace), which keeps others out",
                        who, process.tracer),
            "End that first."};
  }
  if (!process.same_files) {
    return {"process", CheckStatus::kWarning,
            who + " lives in another mount namespace (a container) and sees other files",
            "Copy libdbgtrace.so into its file system, and name an output folder there."};
  }
  return {"process", CheckStatus::kOk,
          fmt::format("{} ({}) is not recorded", who, process.executable), ""};
}

Check check_library(const Surroundings& here) {
  if (here.library.empty()) {
    return {"library", CheckStatus::kProblem,
            "libdbgtrace.so is not there (looked at " + here.looked_at + ")",
            "Build or install it, or set DBGTRACE_LIB to its path."};
  }
  if (here.library.find_first_of(" :") != std::string::npos) {
    return {"library", CheckStatus::kProblem,
            here.library + " can't be named by LD_PRELOAD: a space or colon is in its path",
            "Copy it to another folder and set DBGTRACE_LIB."};
  }
  if (!here.library_lacks.empty()) {
    return {"library", CheckStatus::kProblem,
            fmt::format("{} does not load here: it needs {}", here.library, here.library_lacks),
            "Build dbgtrace on this machine, or update its C library."};
  }
  return {"library", CheckStatus::kOk, here.library + " loads", ""};
}

Check check_libc(const Surroundings& here) {
  const bool old = here.libc_major < 2 || (here.libc_major == 2 && here.libc_minor < 17);
  return {"c-library", old ? CheckStatus::kProblem : CheckStatus::kOk,
          fmt::format("{} on {}{}", here.libc, here.kernel,
                      old ? ", the oldest that will do is 2.17" : ""),
          old ? "Record on a newer system." : ""};
}

Check check_output(const Surroundings& here, const OutputPlace& place) {
  if (place.read_only || !place.writable) {
    return {"output", CheckStatus::kProblem,
            fmt::format("{} {}", place.folder,
                        place.read_only ? "is on a read-only file system"
                        : place.exists  ? "is not writable for this user"
                                        : "is not there and can't be made"),
            "Set DBGTRACE_OUT to a folder that is writable, such as /dev/shm."};
  }
  if (place.free_bytes < ring::kMinFileBytes) {
    return {"output", CheckStatus::kProblem, place.folder + " has no space for a recording",
            "Free some, or set DBGTRACE_OUT to another folder."};
  }
  const std::string room =
      fmt::format("{} is writable{}, {} free", place.folder, place.in_memory ? " (memory)" : "",
                  bytes_text(place.free_bytes));
  if (place.free_bytes < here.size_bytes) {
    return {"output", CheckStatus::kWarning,
            fmt::format("{}, less than the {} that a recording may take", room,
                        bytes_text(here.size_bytes)),
            fmt::format("DBGTRACE_SIZE={}M fits.", std::max<uint64_t>(1, place.free_bytes >> 21))};
  }
  if (place.in_memory && here.cgroup_memory_bytes &&
      *here.cgroup_memory_bytes < 8 * here.size_bytes) {
    return {"output", CheckStatus::kWarning,
            fmt::format("{}; it counts to the {} of the control group", room,
                        bytes_text(*here.cgroup_memory_bytes)),
            "DBGTRACE_SIZE=8M takes less of it."};
  }
  return {"output", CheckStatus::kOk, room, ""};
}

// The recorder takes a sixteenth of the address space at most.
Check check_limits(const Surroundings& here) {
  const Limits& limits = here.limits;
  const uint64_t by_space =
      limits.address_space_bytes == kNoLimit ? kNoLimit : limits.address_space_bytes / 16;
  const uint64_t room = std::min(limits.file_bytes, by_space);
  const char* name = limits.file_bytes <= by_space ? "RLIMIT_FSIZE" : "RLIMIT_AS";
  const char* fix = limits.file_bytes <= by_space ? "ulimit -f unlimited" : "ulimit -v unlimited";
  if (room < ring::kMinFileBytes) {
    return {"limits", CheckStatus::kProblem,
            fmt::format("{} leaves {} for the recording, less than 1 MiB", name, bytes_text(room)),
            fix};
  }
  if (room < here.size_bytes) {
    return {"limits", CheckStatus::kWarning,
            fmt::format("{} cuts the recording to {}", name, bytes_text(room)), fix};
  }
  if (limits.descriptors < 8) {
    return {"limits", CheckStatus::kWarning,
            fmt::format("RLIMIT_NOFILE is {}: the recorder needs a descriptor for a moment",
                        limits.descriptors),
            "ulimit -n 64"};
  }
  return {"limits", CheckStatus::kOk, "RLIMIT_FSIZE, RLIMIT_AS and RLIMIT_NOFILE leave room", ""};
}

Check check_seccomp(const Surroundings& here) {
  if (!here.seccomp) return {"seccomp", CheckStatus::kOk, "no filter", ""};
  return {"seccomp", CheckStatus::kWarning,
          "behind a seccomp filter: recordings hold 2 MiB, and no metrics that need a system call",
          "Start the program outside of the sandbox if that is not enough."};
}

Check check_ptrace(const Surroundings& here) {
  const int scope = here.yama_scope.value_or(0);
  if (here.may_trace_all && scope < 3) {
    return {"ptrace", CheckStatus::kOk, "may attach to any process (CAP_SYS_PTRACE)", ""};
  }
  if (scope == 0) {
    return {"ptrace", CheckStatus::kOk, "may attach to processes of this user", ""};
  }
  if (scope == 1) {
    return {"ptrace", CheckStatus::kWarning,
            "may attach to no process but own children (kernel.yama.ptrace_scope is 1)",
            "Attach as root, or: sysctl kernel.yama.ptrace_scope=0"};
  }
  return {"ptrace", CheckStatus::kWarning,
          fmt::format("may attach to no process (kernel.yama.ptrace_scope is {})", scope),
          scope == 2 ? "Attach as root." : "Only a reboot changes 3; start the program recorded."};
}

Check check_container(const Surroundings& here) {
  std::string finding = here.container ? "in a container" : "not in a container";
  if (here.cgroup_memory_bytes) {
    finding += fmt::format(", memory limit {}", bytes_text(*here.cgroup_memory_bytes));
  }
  return {"container", CheckStatus::kOk, finding, ""};
}

}  // namespace

const char* name_of(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return "ok";
    case CheckStatus::kWarning:
      return "warning";
    case CheckStatus::kProblem:
      return "problem";
  }
  return "problem";
}

Checkup examine(const Surroundings& here, const std::optional<Target>& target) {
  Checkup result;
  Preflight preflight;
  if (target) {
    preflight = judge(*target);
    result.checks.push_back(check_program(*target, preflight));
  }
  if (here.process) result.checks.push_back(check_process(*here.process));
  result.checks.push_back(check_library(here));
  result.checks.push_back(check_libc(here));
  for (const OutputPlace& place : here.outputs) result.checks.push_back(check_output(here, place));
  result.checks.push_back(check_limits(here));
  result.checks.push_back(check_seccomp(here));
  result.checks.push_back(check_ptrace(here));
  result.checks.push_back(check_container(here));

  const bool stopped =
      std::any_of(result.checks.begin(), result.checks.end(),
                  [](const Check& check) { return check.status == CheckStatus::kProblem; });
  result.verdict = stopped ? Verdict::kUnrecorded : preflight.verdict;
  const std::string who = target ? target->name : "A program";
  if (stopped) {
    result.conclusion = who + " can't be recorded here as things are.";
  } else if (here.process) {
    result.conclusion = here.process->recorded
                            ? fmt::format("Process {} is recorded.", here.process->pid)
                            : fmt::format("Process {} can be recorded.", here.process->pid);
  } else if (result.verdict == Verdict::kCrashesOnly) {
    result.conclusion = who + " can be recorded, but for its allocations.";
  } else {
    result.conclusion =
        fmt::format("{} can be recorded: dbgtrace run -- {}", who, target ? target->name : "PROG");
  }
  return result;
}

}  // namespace dbgtrace::reader::target
