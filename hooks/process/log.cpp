// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/log.hpp"

#include <atomic>
#include <cstring>

#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::process {
namespace {
constinit char g_path[4096] = {};
constinit std::atomic<bool> g_on{false};
}  // namespace

void set_log(std::string_view destination) {
  if (destination.empty() || destination.size() >= sizeof(g_path)) return;
  std::memcpy(g_path, destination.data(), destination.size());
  g_path[destination.size()] = '\0';
  g_on.store(true, std::memory_order_release);
}

void stop_log() { g_on.store(false, std::memory_order_release); }

void log_line(std::string_view what, std::string_view detail, long error) {
  if (!g_on.load(std::memory_order_acquire)) return;
  char buffer[1024];
  os::Text line(buffer, sizeof(buffer) - 1);
  line.add("dbgtrace[").add_number(os::process_id()).add("]: ").add(what);
  if (!detail.empty()) line.add(": ").add(detail);
  if (error < 0) line.add(" (error ").add_number(static_cast<uint64_t>(-error)).add(")");
  buffer[line.size()] = '\n';
  if (std::string_view(g_path) == "stderr") {
    os::write_all(2, buffer, line.size() + 1);
    return;
  }
  os::Descriptor file(os::open_file(g_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  if (file.ok()) os::write_all(file.get(), buffer, line.size() + 1);
}

}  // namespace dbgtrace::hooks::process
