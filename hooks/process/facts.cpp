// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/facts.hpp"

#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstring>

#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr uint64_t kInitialPidNamespace = 0xeffffffc;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void parse_boot_id(const char* text, long size, uint8_t (&boot_id)[16]) {
  uint32_t nibbles = 0;
  for (long i = 0; i < size && nibbles < 32; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) continue;
    boot_id[nibbles / 2] = static_cast<uint8_t>(boot_id[nibbles / 2] << 4 | digit);
    ++nibbles;
  }
}

// Field 22 of stat counts from behind the last ')', since the name in field 2 may hold anything.
uint64_t parse_start_ticks(const char* stat, long size) {
  long at = size;
  while (at > 0 && stat[at - 1] != ')') --at;
  for (int field = 2; field < 22 && at < size; ++at) {
    if (stat[at] == ' ') ++field;
  }
  uint64_t ticks = 0;
  for (; at < size && stat[at] >= '0' && stat[at] <= '9'; ++at)
    ticks = ticks * 10 + static_cast<uint64_t>(stat[at] - '0');
  return ticks;
}

// Whether a number of /proc/self/status, named as "\nName:\t", is there and not 0.
bool status_is_set(std::string_view status, std::string_view name) {
  const size_t at = status.find(name);
  return at != std::string_view::npos && at + name.size() < status.size() &&
         status[at + name.size()] != '0';
}

uint64_t limit_of(int resource) {
  rlimit limit{};
  const long result = os::raw_syscall(SYS_prlimit64, 0, resource, 0, os::as_argument(&limit));
  return result == 0 ? limit.rlim_cur : ~uint64_t{0};
}

std::string_view last_part(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path;
}

}  // namespace

std::string_view Facts::name() const {
  const std::string_view last = last_part(exe);
  return last.empty() ? std::string_view("unknown") : last;
}

bool Facts::is_called(std::string_view name) const {
  return name == last_part(exe) || name == last_part(cmdline);
}

uint64_t start_ticks_of(uint32_t pid) {
  char name[32], stat[1024];
  os::Text path(name, sizeof(name));
  path.add("/proc/").add_number(pid).add("/stat");
  const long got = os::read_file(path.c_str(), stat, sizeof(stat));
  return got > 0 ? parse_start_ticks(stat, got) : 0;
}

void gather_facts(Facts& facts) {
  std::memset(&facts, 0, sizeof(facts));
  static constinit char buffer[4096] = {};
  facts.uid = static_cast<uint32_t>(getauxval(AT_UID));
  facts.euid = static_cast<uint32_t>(getauxval(AT_EUID));
  facts.secure = getauxval(AT_SECURE) != 0;
  long got = os::read_file("/proc/self/status", buffer, sizeof(buffer));
  if (got > 0) {
    const std::string_view status(buffer, static_cast<size_t>(got));
    facts.seccomp_filtered = status_is_set(status, "\nSeccomp:\t");
    facts.traced = status_is_set(status, "\nTracerPid:\t");
  }
  {
    os::Descriptor space(os::open_file("/proc/self/ns/pid", O_RDONLY));
    struct stat status {};
    if (space.ok() && os::file_status(space.get(), status) == 0)
      facts.pid_namespace = status.st_ino;
    facts.container = facts.pid_namespace != 0 && facts.pid_namespace != kInitialPidNamespace;
  }
  got = os::read_file("/proc/self/cmdline", facts.cmdline, sizeof(facts.cmdline) - 2);
  facts.file_size_limit_bytes = limit_of(RLIMIT_FSIZE);
  facts.address_space_limit_bytes = limit_of(RLIMIT_AS);
  got = os::read_file("/proc/sys/kernel/random/boot_id", buffer, sizeof(buffer));
  if (got > 0) parse_boot_id(buffer, got, facts.boot_id);
  got = os::read_file("/proc/self/stat", buffer, sizeof(buffer));
  if (got > 0) {
    facts.start_ticks = parse_start_ticks(buffer, got);
    for (long i = 0; i < got && buffer[i] >= '0' && buffer[i] <= '9'; ++i) {
      facts.pid = facts.pid * 10 + static_cast<uint32_t>(buffer[i] - '0');
    }
  }
  // /proc can be that of another pid namespace: the kernel's word counts where it may be asked.
  const uint32_t shown = facts.pid;
  if (!facts.restricted()) facts.pid = os::process_id();
  facts.own_proc = shown == facts.pid;
  got = os::read_file("/proc/sys/kernel/hostname", facts.host, sizeof(facts.host) - 1);
  if (got > 0 && facts.host[got - 1] == '\n') facts.host[got - 1] = '\0';
  // readlink is no call that every start of a program makes, so a brought-along filter might not
  // know it.
  if (!facts.restricted()) {
    got = os::raw_syscall(SYS_readlinkat, AT_FDCWD, os::as_argument("/proc/self/exe"),
                          os::as_argument(facts.exe), sizeof(facts.exe) - 1);
    if (got < 0) facts.exe[0] = '\0';
  }
  if (facts.exe[0] == '\0') {
    const auto* path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
    if (path != nullptr) std::strncpy(facts.exe, path, sizeof(facts.exe) - 1);
  }
}

}  // namespace dbgtrace::hooks::process
