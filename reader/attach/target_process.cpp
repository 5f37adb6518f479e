// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/target_process.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace dbgtrace::reader::attach {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#else
constexpr uint16_t kMachine = EM_AARCH64;
#endif

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool read_header(pid_t pid, Elf64_Ehdr& header) {
  std::ifstream file(fmt::format("/proc/{}/exe", pid), std::ios::binary);
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&header), sizeof(header)));
}

bool is_in_other_pid_namespace(pid_t pid) {
  struct stat own {
  }, its{};
  return stat("/proc/self/ns/pid", &own) == 0 &&
         stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &its) == 0 && own.st_ino != its.st_ino;
}

bool runs_with_more_rights(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/auxv", pid), std::ios::binary);
  for (std::array<uint64_t, 2> entry{};
       file.read(reinterpret_cast<char*>(entry.data()), sizeof(entry));) {
    if (entry[0] == AT_SECURE) return entry[1] != 0;
  }
  return false;
}

Obstacle by_filter(pid_t pid) {
  const std::string filter = status_field(pid, "Seccomp");
  if (filter.empty() || filter == "0") return {};
  // A container's filter answers with an error; a program's own one kills.
  if (filter == "2" && is_in_other_pid_namespace(pid)) return {};
  return {
      fmt::format(
          "{} has put itself behind a seccomp filter: a system call that it forbids would kill it",
          pid),
      "start it with `dbgtrace run`, which prepares everything before the filter"};
}

Obstacle by_program(pid_t pid) {
  Elf64_Ehdr header{};
  if (!read_header(pid, header)) {
    if (!fs::exists(fmt::format("/proc/{}", pid)))
      return {fmt::format("there is no process {}", pid), ""};
    if (access(fmt::format("/proc/{}/exe", pid).c_str(), R_OK) != 0 && errno == ENOENT)
      return {fmt::format("{} is a thread of the kernel or has ended", pid), ""};
    if (geteuid() == 0) {
      return {fmt::format("the program of {} may not be read, not even by root", pid),
              "a container or a security module forbids it, CAP_SYS_PTRACE helps"};
    }
    return {fmt::format("the program of {} may not be read: it belongs to another user", pid),
            fmt::format("run `dbgtrace attach {}` as that user or as root", pid)};
  }
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return {fmt::format("{} runs no ELF program", pid), ""};
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kMachine) {
    return {fmt::format("{} is a program of another architecture", pid),
            "use the dbgtrace that is built for it, if there is one"};
  }
  return {};
}

Obstacle by_modules(pid_t pid) {
  const std::vector<Mapping> mappings = read_mappings(pid);
  if (mappings.empty()) {
    return {
        fmt::format("the memory of {} may not be looked at", pid),
        "run this as the same user, or as root; in a container it needs the SYS_PTRACE capability"};
  }
  bool has_libc = false;
  for (const Mapping& mapping : mappings) {
    const std::string name = last_part(mapping.path);
    if (name.starts_with("ld-musl"))
      return {fmt::format("{} runs on musl; the library needs glibc", pid),
              "run a glibc build of the program"};
    for (const char* runtime :
         {"libasan.so", "libtsan.so", "libmsan.so", "liblsan.so", "libhwasan.so"}) {
      if (name.starts_with(runtime))
        return {fmt::format("{} runs with a sanitizer, which has an allocator of its own", pid),
                "build the program without -fsanitize"};
    }
    has_libc |= name.starts_with("libc.so.6") ||
                (name.starts_with("libc-2.") && name.find(".so") != std::string::npos);
  }
  if (!has_libc)
    return {
        fmt::format("{} is a static program: there is no loader in it that could load the library",
                    pid),
        "link it dynamically against glibc"};
  return {};
}

void add_range(std::vector<CodeRange>& ranges, const std::vector<Mapping>& mappings,
               const std::string& path) {
  for (const Mapping& mapping : mappings) {
    if (mapping.path == path && mapping.executable) ranges.push_back({mapping.start, mapping.end});
  }
}

// mov $15, %rax; syscall: the C library's __restore_rt, which has no name for others.
uint64_t find_restorer(const ProcessMemory& memory, const std::vector<CodeRange>& ranges) {
  constexpr std::array<unsigned char, 9> kCode = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
  for (const CodeRange& range : ranges) {
    std::vector<std::byte> code(range.end - range.start);
    code.resize(memory.read_some(range.start, code));
    const auto found = std::search(
        code.begin(), code.end(), kCode.begin(), kCode.end(),
        [](std::byte a, unsigned char b) { return std::to_integer<unsigned char>(a) == b; });
    if (found != code.end()) return range.start + static_cast<uint64_t>(found - code.begin());
  }
  return 0;
}

// __errno_location: [endbr64] mov GOT(%rip), %rax; add %fs:0, %rax; ret.
int64_t find_errno(const ProcessMemory& memory, const RemoteModule& libc) {
  const auto function = libc.find("__errno_location");
  if (!function) return 0;
  std::array<unsigned char, 21> code{};
  if (!memory.read(function->address, std::as_writable_bytes(std::span(code)))) return 0;
  const size_t at = code[0] == 0xf3 ? 4 : 0;
  constexpr std::array<unsigned char, 10> kAddThreadPointer = {0x64, 0x48, 0x03, 0x04, 0x25,
                                                               0,    0,    0,    0,    0xc3};
  if (code[at] != 0x48 || code[at + 1] != 0x8b || code[at + 2] != 0x05 ||
      !std::equal(kAddThreadPointer.begin(), kAddThreadPointer.end(),
                  code.begin() + static_cast<long>(at) + 7)) {
    return 0;
  }
  int32_t distance;
  std::memcpy(&distance, code.data() + at + 3, sizeof(distance));
  return memory.load<int64_t>(function->address + at + 7 + static_cast<int64_t>(distance))
      .value_or(0);
}

constexpr std::array kAllocatorNames = {
    "malloc",         "free",   "calloc",  "realloc",     "memalign",           "aligned_alloc",
    "posix_memalign", "valloc", "pvalloc", "malloc_trim", "malloc_usable_size", "mallinfo"};

// Another allocator is another module that defines malloc: nobody may be inside of any of its
// functions.
void find_allocators(const std::vector<Mapping>& mappings, const ProcessMemory& memory,
                     const RemoteModule& libc, TargetCode& code) {
  for (const char* name : kAllocatorNames) {
    if (const auto function = libc.find(name))
      code.allocator.push_back(
          {function->address, function->address + std::max<uint64_t>(function->size_bytes, 1)});
  }
  for (const Mapping& mapping : mappings) {
    if (mapping.offset != 0 || mapping.path.empty() || mapping.path == code.libc_path ||
        !mapping.readable || mapping.path == code.loader_path ||
        mapping.path.find("libdbgtrace") != std::string::npos) {
      continue;
    }
    const auto module = RemoteModule::at(memory, mapping.start);
    // An executable with an allocator of its own is not only that.
    if (module && module->find("malloc") &&
        last_part(mapping.path).find(".so") != std::string::npos)
      add_range(code.allocator, mappings, mapping.path);
  }
}

}  // namespace

std::string status_field(pid_t pid, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "";
}

Obstacle obstacle_of(pid_t pid) {
  const std::string group = status_field(pid, "Tgid");
  if (group.empty()) return {fmt::format("there is no process {}", pid), ""};
  if (group != std::to_string(pid))
    return {fmt::format("{} is a thread of process {}", pid, group),
            fmt::format("use `dbgtrace attach {}`", group)};
  const std::string state = status_field(pid, "State");
  if (state.starts_with("Z") || state.starts_with("X"))
    return {fmt::format("{} has ended already", pid), ""};
  if (state.starts_with("T"))
    return {fmt::format("{} is stopped (SIGSTOP, or a terminal)", pid),
            fmt::format("continue it first: kill -CONT {}", pid)};
  if (const std::string tracer = status_field(pid, "TracerPid"); tracer != "0")
    return {fmt::format("{} is traced already, by process {} (a debugger, or strace)", pid, tracer),
            "end that first"};
  if (Obstacle obstacle = by_program(pid)) return obstacle;
  if (Obstacle obstacle = by_modules(pid)) return obstacle;
  if (runs_with_more_rights(pid))
    return {
        fmt::format("{} has more rights than who started it (setuid, or file capabilities)", pid),
        "start it as the user whose rights it is to have"};
  return by_filter(pid);
}

Obstacle refusal_of(pid_t pid, int error) {
  if (error == ESRCH) return {fmt::format("there is no process {}", pid), ""};
  if (error != EPERM) return {fmt::format("{} can't be traced: {}", pid, std::strerror(error)), ""};
  std::ifstream yama("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  if (yama >> scope && scope == 3) {
    return {"this system forbids ptrace until it is restarted (kernel.yama.ptrace_scope is 3)",
            "start the program with `dbgtrace run`"};
  }
  if (scope != 0 && geteuid() != 0) {
    return {fmt::format(
                "this system lets only root trace other processes (kernel.yama.ptrace_scope is {})",
                scope),
            fmt::format("run it as root: sudo dbgtrace attach {}", pid)};
  }
  return {
      fmt::format("{} may not be traced by this user", pid),
      "run this as the same user or as root; in a container it needs the SYS_PTRACE capability"};
}

bool in_any(const std::vector<CodeRange>& ranges, uint64_t pc) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [pc](const CodeRange& range) { return range.holds(pc); });
}

void find_recorder(const std::vector<Mapping>& mappings, const ProcessMemory& memory,
                   TargetCode& code) {
  code.recorder.clear();
  code.answer = 0;
  for (const Mapping& mapping : mappings) {
    if (mapping.path.find("libdbgtrace") == std::string::npos) continue;
    if (mapping.executable) code.recorder.push_back({mapping.start, mapping.end});
    if (mapping.offset != 0 || code.answer != 0) continue;
    const auto module = RemoteModule::at(memory, mapping.start);
    const auto answer = module ? module->find("dbgtrace_attach") : std::nullopt;
    code.answer = answer ? answer->address : 0;
  }
}

Obstacle find_code(pid_t pid, const ProcessMemory& memory, TargetCode& code) {
  const std::vector<Mapping> mappings = read_mappings(pid);
  std::string libdl_path;
  for (const Mapping& mapping : mappings) {
    const std::string name = last_part(mapping.path);
    if (name.starts_with("libc.so.6") ||
        (name.starts_with("libc-2.") && name.find(".so") != std::string::npos))
      code.libc_path = mapping.path;
    if (name.starts_with("ld-linux") ||
        (name.starts_with("ld-2.") && name.find(".so") != std::string::npos))
      code.loader_path = mapping.path;
    if (name.starts_with("libdl.so") || name.starts_with("libdl-2.")) libdl_path = mapping.path;
  }
  const auto libc = RemoteModule::at(memory, base_of(mappings, code.libc_path));
  if (!libc) return {fmt::format("the C library of {} can't be read", pid), ""};
  add_range(code.libc, mappings, code.libc_path);
  add_range(code.loader, mappings, code.loader_path);
  const auto loader = RemoteModule::at(memory, base_of(mappings, code.loader_path));
  const auto libdl =
      libdl_path.empty() ? std::nullopt : RemoteModule::at(memory, base_of(mappings, libdl_path));
  const auto find = [&](const char* name) {
    auto found = libc->find(name);
    if (!found && libdl) found = libdl->find(name);
    return found.value_or(RemoteSymbol{});
  };
  code.open = find("dlopen");
  code.open_internal = find("__libc_dlopen_mode");
  code.error_text = find("dlerror");
  code.map = find("mmap");
  code.unmap = find("munmap");
  code.change_stack = find("sigaltstack");
  code.restorer = find_restorer(memory, code.libc);
  code.errno_offset = find_errno(memory, *libc);
  if (loader) code.loader_state = loader->find("_r_debug").value_or(RemoteSymbol{}).address;
  find_allocators(mappings, memory, *libc, code);
  find_recorder(mappings, memory, code);
  if ((code.open.address == 0 && code.open_internal.address == 0) || code.map.address == 0 ||
      code.unmap.address == 0 || code.restorer == 0) {
    return {fmt::format("the C library of {} has no dlopen that could be called", pid),
            "start it with `dbgtrace run`"};
  }
  return {};
}

}  // namespace dbgtrace::reader::attach
