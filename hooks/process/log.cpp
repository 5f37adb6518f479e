// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/log.hpp"

#include <sys/resource.h>

#include <atomic>
#include <cstring>

#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::process {
namespace {
constinit char g_path[4096] = {};
constinit std::atomic<bool> g_on{false};
constinit std::atomic<uint32_t> g_pid{0};
constinit os::Text* g_copy = nullptr;

void add_message(os::Text& text, std::string_view what, std::string_view detail, long error) {
  text.add(what);
  if (!detail.empty()) text.add(": ").add(detail);
  if (error < 0) text.add(" (error ").add_number(static_cast<uint64_t>(-error)).add(")");
}

// A write past RLIMIT_FSIZE would be a deadly SIGXFSZ.
void write_line(long fd, const char* line, uint64_t size_bytes) {
  struct stat status {};
  rlimit limit{};
  if (os::file_status(fd, status) != 0) return;
  if (S_ISREG(status.st_mode) &&
      os::raw_syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, os::as_argument(&limit)) == 0 &&
      static_cast<uint64_t>(status.st_size) + size_bytes > limit.rlim_cur) {
    return;
  }
  os::write_all(fd, line, size_bytes);
}
}  // namespace

void set_log(std::string_view destination) {
  if (destination.empty() || destination.size() >= sizeof(g_path)) return;
  std::memcpy(g_path, destination.data(), destination.size());
  g_path[destination.size()] = '\0';
  g_on.store(true, std::memory_order_release);
}

void set_log_pid(uint32_t pid) { g_pid.store(pid, std::memory_order_relaxed); }

void copy_log_to(os::Text* text) { g_copy = text; }

void stop_log() { g_on.store(false, std::memory_order_release); }

void log_line(std::string_view what, std::string_view detail, long error) {
  if (g_copy != nullptr) {
    g_copy->truncate(0);
    add_message(*g_copy, what, detail, error);
  }
  if (!g_on.load(std::memory_order_acquire)) return;
  char buffer[1024];
  os::Text line(buffer, sizeof(buffer) - 1);
  line.add("dbgtrace[").add_number(g_pid.load(std::memory_order_relaxed)).add("]: ");
  add_message(line, what, detail, error);
  buffer[line.size()] = '\n';
  if (std::string_view(g_path) == "stderr") {
    write_line(2, buffer, line.size() + 1);
    return;
  }
  os::Descriptor file(os::open_file(g_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  if (file.ok()) write_line(file.get(), buffer, line.size() + 1);
}

}  // namespace dbgtrace::hooks::process
