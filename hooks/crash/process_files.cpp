// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/process_files.hpp"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstring>

#include "hooks/crash/cgroup_memory.hpp"
#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint64_t kMaxMapsBytes = 1 << 20;
constexpr uint64_t kMaxTextBytes = 65536;
constexpr uint32_t kMaxDescriptors = 1 << 20;

constinit char g_text[8192] = {};
constinit utsname g_system = {};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Appends at most limit_bytes of a file, a stage at a time; a text of several parts never loses a
// middle one.
void keep_file(Scene& scene, ring::TextKind kind, const char* path, uint64_t limit_bytes) {
  const os::Descriptor file(open_at_the_end(scene, path, O_RDONLY));
  if (!file.ok()) return;
  uint64_t total = 0;
  bool at_end = false;
  while (!at_end && total < limit_bytes) {
    size_t used = 0;
    const size_t room = std::min<uint64_t>(scene.stage.size(), limit_bytes - total);
    while (used < room) {
      const long got =
          os::raw_syscall(SYS_read, file.get(), os::as_argument(scene.stage.data() + used),
                          static_cast<long>(room - used));
      if (got == -EINTR) continue;
      at_end = got <= 0;
      if (at_end) break;
      used += static_cast<size_t>(got);
    }
    if (!scene.append_text(kind, scene.stage.first(used))) return;
    total += used;
  }
}

// Entries of a folder, "." and ".." not counted.
uint32_t count_entries(Scene& scene, const char* path) {
  struct Entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size_bytes;
  };
  const os::Descriptor folder(open_at_the_end(scene, path, O_RDONLY | O_DIRECTORY));
  if (!folder.ok()) return 0;
  uint32_t count = 0;
  while (count < kMaxDescriptors) {
    const long got =
        os::raw_syscall(SYS_getdents64, folder.get(), os::as_argument(scene.stage.data()),
                        static_cast<long>(scene.stage.size()));
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      Entry entry;
      std::memcpy(&entry, scene.stage.data() + at, sizeof(entry));
      if (entry.size_bytes == 0) break;
      at += entry.size_bytes;
      ++count;
    }
  }
  return count > 2 ? count - 2 : 0;
}

void keep_descriptors(Scene& scene) {
  const uint32_t count = count_entries(scene, "/proc/self/fd");
  if (count == 0) return;
  os::Text text(g_text, sizeof(g_text));
  text.add_number(count - 1);  // less the one that counted
  scene.append_text(ring::TextKind::kDescriptors, bytes_of(text.view()));
}

void keep_sender(Scene& scene) {
  const auto sender = static_cast<uint32_t>(scene.info->si_pid);
  if (scene.info->si_code > 0 || sender == 0 || sender == scene.pid) return;
  os::Text path(g_text, sizeof(g_text));
  path.add("/proc/").add_number(sender).add("/comm");
  keep_file(scene, ring::TextKind::kSenderName, path.c_str(), 64);
}

void keep_system(Scene& scene) {
  if (os::raw_syscall(SYS_uname, os::as_argument(&g_system)) != 0) return;
  os::Text text(g_text, sizeof(g_text));
  text.add(g_system.sysname).add('\n').add(g_system.release).add('\n');
  text.add(g_system.version).add('\n').add(g_system.machine).add('\n');
  scene.append_text(ring::TextKind::kSystem, bytes_of(text.view()));
}

bool raise_descriptor_limit() {
  rlimit64 limit{};
  if (os::raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, os::as_argument(&limit)) != 0)
    return false;
  const rlimit64 wanted{limit.rlim_cur + 16, limit.rlim_max};
  if (wanted.rlim_cur > wanted.rlim_max) return false;
  return os::raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, os::as_argument(&wanted), 0) == 0;
}

bool give_up_a_descriptor() {
  rlimit64 limit{};
  if (os::raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, os::as_argument(&limit)) != 0)
    return false;
  if (os::raw_syscall(SYS_unshare, CLONE_FILES) != 0) return false;
  return os::raw_syscall(SYS_close, static_cast<long>(limit.rlim_cur) - 1) == 0;
}

}  // namespace

long open_at_the_end(const Scene& scene, const char* path, int flags) {
  const long fd = os::open_file(path, flags);
  if (fd != -EMFILE || !scene.freezes) return fd;
  if (!raise_descriptor_limit() && !give_up_a_descriptor()) return fd;
  return os::open_file(path, flags);
}

void keep_maps(Scene& scene) {
  if (scene.system_calls) keep_file(scene, ring::TextKind::kMaps, "/proc/self/maps", kMaxMapsBytes);
}

void keep_process(Scene& scene) {
  if (!scene.system_calls) return;
  keep_file(scene, ring::TextKind::kStatus, "/proc/self/status", kMaxTextBytes);
  keep_file(scene, ring::TextKind::kLimits, "/proc/self/limits", kMaxTextBytes);
  os::Text cgroup(g_text, sizeof(g_text));
  read_cgroup_memory(cgroup);
  scene.append_text(ring::TextKind::kCgroupMemory, bytes_of(cgroup.view()));
  keep_file(scene, ring::TextKind::kAuxv, "/proc/self/auxv", kMaxTextBytes);
  keep_file(scene, ring::TextKind::kCommand, "/proc/self/cmdline", kMaxTextBytes);
  keep_descriptors(scene);
  keep_sender(scene);
  keep_system(scene);
}

}  // namespace dbgtrace::hooks::crash
