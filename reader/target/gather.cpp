// SPDX-License-Identifier: Apache-2.0
// Asks the system for the facts that the rules of preflight judge.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <regex>

#include "reader/target/preflight.hpp"

namespace dbgtrace::reader::target {
namespace {

constexpr int kTrialMs = 5000;
constexpr size_t kMaxTrialBytes = 1 << 20;

std::string user_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry == nullptr ? "user " + std::to_string(uid) : entry->pw_name;
}

std::string group_name(gid_t gid) {
  const group* entry = getgrgid(gid);
  return entry == nullptr ? "group " + std::to_string(gid) : entry->gr_name;
}

// Bits of a file on a mount without them, or behind no_new_privs, raise nothing. Those that lead to
// who we are already raise nothing either.
Privileges read_privileges(const std::string& path) {
  Privileges rights;
  struct stat status {};
  struct statvfs mount {};
  if (stat(path.c_str(), &status) != 0) return rights;
  if (statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0) return rights;
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return rights;
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid()) {
    rights.setuid_owner = user_name(status.st_uid);
  }
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
      status.st_gid != getgid()) {
    rights.setgid_group = group_name(status.st_gid);
  }
  // The kernel counts root's own privileges as no rise.
  rights.capabilities =
      getuid() != 0 && getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
  return rights;
}

// The loader's own list for the program with our library in front, standard error included. A
// loader that knows LD_TRACE_LOADED_OBJECTS exits before anything of the program runs.
std::string ask_loader(const std::string& program, const std::string& library) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return "";
  std::string preload = "LD_PRELOAD=" + library;
  std::string path = std::string("LD_LIBRARY_PATH=");
  if (const char* present = std::getenv("LD_LIBRARY_PATH")) path += present;
  std::array<std::string, 5> settings = {"LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=yes",
                                         "LD_BIND_NOW=1", preload, path};
  std::array<char*, 6> environment{};
  for (size_t i = 0; i < settings.size(); ++i) environment[i] = settings[i].data();
  std::string name = program;
  std::array<char*, 2> arguments = {name.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  std::string answer;
  pollfd ready{pipe_ends[0], POLLIN, 0};
  std::array<char, 4096> piece{};
  while (failed == 0 && answer.size() < kMaxTrialBytes && poll(&ready, 1, kTrialMs) > 0) {
    const ssize_t got = read(pipe_ends[0], piece.data(), piece.size());
    if (got <= 0) break;
    answer.append(piece.data(), static_cast<size_t>(got));
  }
  close(pipe_ends[0]);
  if (failed == 0) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return answer;
}

// "on_exit", "GLIBC_2.14", "ld-linux-x86-64.so.2"; what our library was refused for.
std::string missing_for(const std::string& answer, const std::string& library) {
  static const std::regex kSymbol("undefined symbol: ([A-Za-z0-9_]+)");
  static const std::regex kVersion("version [`']([A-Za-z0-9_.]+)' not found");
  static const std::regex kObject("(\\S+): cannot open shared object file");
  for (size_t at = 0; at < answer.size();) {
    const size_t end = std::min(answer.find('\n', at), answer.size());
    const std::string line = answer.substr(at, end - at);
    at = end + 1;
    if (line.find(library) == std::string::npos) continue;
    std::smatch found;
    for (const std::regex* known : {&kSymbol, &kVersion, &kObject}) {
      if (std::regex_search(line, found, *known)) return found[1];
    }
  }
  return "";
}

// A program with the system's loader, and no path of its own, gets the C library that this very
// command runs on.
bool has_other_libc(const ElfFacts& elf) {
  static constexpr const char* kSystemLoader =
#if defined(__x86_64__)
      "/lib64/ld-linux-x86-64.so.2";
#else
      "/lib/ld-linux-aarch64.so.1";
#endif
  return elf.searches_elsewhere || elf.interpreter != kSystemLoader ||
         std::getenv("LD_LIBRARY_PATH") != nullptr;
}

}  // namespace

std::string missing_with(const std::string& program, const std::string& library) {
  return missing_for(ask_loader(program, library), library);
}

Target gather_target(const std::string& name, const SearchPlace& place,
                     const std::string& library) {
  Target target;
  target.name = name;
  const std::string file = find_program(name, place);
  struct stat status {};
  const bool named_by_path = name.find('/') != std::string::npos;
  if (named_by_path && stat(name.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) target.file.problem = name + " is a directory";
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
      target.file.problem = name + " is not executable";
    target.file.way_out = "Name a program.";
    if (!target.file.problem.empty()) return target;
  }
  if (file.empty()) return target;
  target.file = resolve_program(file, place);
  if (target.file.path.empty()) return target;
  target.elf = read_elf_facts(target.file.path);
  if (target.elf.is_dynamic && access(target.elf.interpreter.c_str(), F_OK) != 0) {
    target.file.problem =
        target.file.path + " needs the loader " + target.elf.interpreter + ", which is not there";
    return target;
  }
  target.privileges = read_privileges(target.file.path);
  const bool glibc =
      target.elf.is_dynamic && target.elf.interpreter.find("ld-musl") == std::string::npos;
  if (glibc && has_other_libc(target.elf) && judge(target).verdict == Verdict::kRecordable) {
    target.missing = missing_with(target.file.path, library);
  }
  return target;
}

}  // namespace dbgtrace::reader::target
