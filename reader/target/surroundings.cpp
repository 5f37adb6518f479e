// SPDX-License-Identifier: Apache-2.0
#include "reader/target/surroundings.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reader/target/preflight.hpp"

namespace dbgtrace::reader::target {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kInitialPidNamespace = 0xeffffffc;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The value of "Name:\tvalue" in a status file; empty if it is not there.
std::string field(const std::string& status, const std::string& name) {
  const size_t at = ("\n" + status).find("\n" + name + ":");
  if (at == std::string::npos) return "";
  std::istringstream rest(status.substr(at + name.size() + 1));
  std::string value;
  rest >> value;
  return value;
}

uint64_t number(const std::string& text, int base, uint64_t otherwise) {
  try {
    return std::stoull(text, nullptr, base);
  } catch (const std::exception&) {
    return otherwise;
  }
}

Limits read_limits(const std::string& proc) {
  Limits limits;
  std::istringstream lines(text_of(proc + "/limits"));
  for (std::string line; std::getline(lines, line);) {
    const auto soft = [&](std::string_view name) {
      std::istringstream rest(line.substr(name.size()));
      std::string value;
      rest >> value;
      return number(value, 10, kNoLimit);
    };
    if (line.starts_with("Max file size")) limits.file_bytes = soft("Max file size");
    if (line.starts_with("Max address space"))
      limits.address_space_bytes = soft("Max address space");
    if (line.starts_with("Max open files")) limits.descriptors = soft("Max open files");
  }
  return limits;
}

std::optional<uint64_t> cgroup_memory(const std::string& proc) {
  std::istringstream lines(text_of(proc + "/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const size_t second = line.find(':', line.find(':') + 1);
    if (second == std::string::npos) continue;
    const std::string path = line.substr(second + 1);
    const bool unified = line.starts_with("0::");
    if (!unified && line.find(":memory:") == std::string::npos) continue;
    for (const std::string& folder : {path, std::string()}) {
      const std::string file = unified
                                   ? "/sys/fs/cgroup" + folder + "/memory.max"
                                   : "/sys/fs/cgroup/memory" + folder + "/memory.limit_in_bytes";
      // Version 1 says "none" by a number beyond any machine.
      const uint64_t bytes = number(text_of(file), 10, kNoLimit);
      if (bytes < uint64_t{1} << 60) return bytes;
    }
  }
  return std::nullopt;
}

RunningProcess look_at_process(pid_t pid, const std::string& status) {
  RunningProcess process;
  const std::string proc = fmt::format("/proc/{}", pid);
  process.pid = pid;
  std::error_code error;
  process.executable = fs::read_symlink(proc + "/exe", error).string();
  process.readable = !error;
  process.same_user = number(field(status, "Uid"), 10, kNoLimit) == getuid() || geteuid() == 0;
  const fs::path own = fs::read_symlink("/proc/self/ns/mnt", error);
  const fs::path other = fs::read_symlink(proc + "/ns/mnt", error);
  process.same_files = error || own == other;
  process.recorded = text_of(proc + "/maps").find("/libdbgtrace.so") != std::string::npos;
  process.tracer = static_cast<pid_t>(number(field(status, "TracerPid"), 10, 0));
  return process;
}

}  // namespace

OutputPlace look_at(const std::string& folder) {
  OutputPlace place;
  place.folder = folder;
  std::error_code error;
  fs::path there = fs::absolute(folder, error);
  place.exists = fs::is_directory(there, error);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  place.writable = fs::is_directory(there, error) && access(there.c_str(), W_OK | X_OK) == 0;
  struct statvfs room {};
  if (statvfs(there.c_str(), &room) == 0) {
    place.free_bytes = static_cast<uint64_t>(room.f_bavail) * room.f_frsize;
    place.read_only = (room.f_flag & ST_RDONLY) != 0;
  }
  struct statfs kind {};
  place.in_memory = statfs(there.c_str(), &kind) == 0 && kind.f_type == TMPFS_MAGIC;
  return place;
}

Surroundings look_around(pid_t pid, const std::string& library, const std::string& looked_at,
                         const std::vector<std::string>& output_folders, uint64_t size_bytes) {
  Surroundings here;
  const std::string proc = pid == 0 ? "/proc/self" : fmt::format("/proc/{}", pid);
  const std::string status = text_of(proc + "/status");
  const char* version = gnu_get_libc_version();
  here.libc = fmt::format("glibc {}", version);
  std::sscanf(version, "%u.%u", &here.libc_major, &here.libc_minor);
  utsname system{};
  if (uname(&system) == 0) here.kernel = fmt::format("{} {}", system.sysname, system.release);
  here.library = library;
  here.looked_at = looked_at;
  std::error_code error;
  const std::string self = fs::read_symlink("/proc/self/exe", error).string();
  if (!library.empty()) here.library_lacks = missing_with(self, library);
  for (const std::string& folder : output_folders) here.outputs.push_back(look_at(folder));
  here.size_bytes = size_bytes;
  here.limits = read_limits(proc);
  here.seccomp = number(field(status, "Seccomp"), 10, 0) != 0;
  struct stat space {};
  here.container =
      (stat((proc + "/ns/pid").c_str(), &space) == 0 && space.st_ino != kInitialPidNamespace) ||
      fs::exists("/.dockerenv", error) || fs::exists("/run/.containerenv", error);
  here.cgroup_memory_bytes = cgroup_memory(proc);
  const std::string scope = text_of("/proc/sys/kernel/yama/ptrace_scope");
  if (!scope.empty()) here.yama_scope = static_cast<int>(number(scope, 10, 0));
  const uint64_t rights = number(field(text_of("/proc/self/status"), "CapEff"), 16, 0);
  here.may_trace_all = (rights >> CAP_SYS_PTRACE & 1) != 0;
  if (pid != 0) here.process = look_at_process(pid, status);
  return here;
}

}  // namespace dbgtrace::reader::target
