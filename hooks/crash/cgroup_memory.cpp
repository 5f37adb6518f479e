// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/cgroup_memory.hpp"

#include <algorithm>
#include <string_view>

#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint32_t kMaxLevels = 16;
constinit char g_buffer[2048] = {};
constinit char g_path[1024] = {};

struct Hierarchy {
  std::string_view root;   // where it is mounted on every system that we know
  std::string_view limit;  // the file that says whether this group has a limit
  std::string_view values[3];
  std::string_view events;  // lines of name and value, taken as they are
};
constexpr Hierarchy kVersion2 = {"/sys/fs/cgroup",
                                 "memory.max",
                                 {"memory.current", "memory.high", "memory.swap.max"},
                                 "memory.events"};
constexpr Hierarchy kVersion1 = {"/sys/fs/cgroup/memory",
                                 "memory.limit_in_bytes",
                                 {"memory.usage_in_bytes", "memory.max_usage_in_bytes", {}},
                                 "memory.oom_control"};

// Reads a file of a group into g_buffer; empty if it is not there. Without the last newline.
std::string_view read(const Hierarchy& hierarchy, std::string_view group, std::string_view name) {
  os::Text path(g_path, sizeof(g_path));
  path.add(hierarchy.root).add(group).add('/').add(name);
  if (path.cut()) return {};
  long size = os::read_file(path.c_str(), g_buffer, sizeof(g_buffer));
  if (size <= 0) return {};
  if (g_buffer[size - 1] == '\n') --size;
  return {g_buffer, static_cast<size_t>(size)};
}

// "max" in version 2; in version 1 a number next to 2^63.
bool is_limit(std::string_view value) {
  return !value.empty() && value != "max" && !(value.size() == 19 && value.front() == '9');
}

void add_group(const Hierarchy& hierarchy, std::string_view group, os::Text& text) {
  text.add("group ").add(group.empty() ? "/" : group).add('\n');
  const auto add = [&](std::string_view name) {
    if (name.empty()) return;
    const std::string_view value = read(hierarchy, group, name);
    if (!value.empty()) text.add(name).add(' ').add(value).add('\n');
  };
  add(hierarchy.limit);
  for (const std::string_view name : hierarchy.values) add(name);
  const std::string_view events = read(hierarchy, group, hierarchy.events);
  if (!events.empty()) text.add(events).add('\n');
}

// The text up to the separator; the rest, behind it, stays in `text`. (substr would throw.)
std::string_view take(std::string_view& text, char separator) {
  const size_t size = std::min(text.find(separator), text.size());
  const std::string_view taken(text.data(), size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

// The process's group, from lines "id:controllers:path": "0::/path" in version 2.
bool find_group(const Hierarchy*& hierarchy, os::Text& group) {
  const long size = os::read_file("/proc/self/cgroup", g_buffer, sizeof(g_buffer));
  if (size <= 0) return false;
  std::string_view text(g_buffer, static_cast<size_t>(size));
  bool found = false;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    take(line, ':');
    const std::string_view controllers = take(line, ':');
    if (controllers == "memory" || (controllers.empty() && !found)) {
      hierarchy = controllers.empty() ? &kVersion2 : &kVersion1;
      group.truncate(0);
      if (line != "/") group.add(line);
      found = true;
    }
  }
  return found && !group.cut();
}

}  // namespace

void read_cgroup_memory(os::Text& text) {
  static constinit char group_buffer[512] = {};
  os::Text group_text(group_buffer, sizeof(group_buffer));
  const Hierarchy* hierarchy = nullptr;
  if (!find_group(hierarchy, group_text)) return;
  std::string_view group = group_text.view();
  // In a container the path may be that of the outside, while what is mounted is the group itself.
  if (read(*hierarchy, group, hierarchy->events).empty()) group = {};
  if (read(*hierarchy, group, hierarchy->events).empty()) return;
  add_group(*hierarchy, group, text);
  if (is_limit(read(*hierarchy, group, hierarchy->limit))) return;
  for (uint32_t level = 0; level < kMaxLevels && !group.empty(); ++level) {
    group.remove_suffix(group.size() - std::min(group.rfind('/'), group.size()));
    if (!is_limit(read(*hierarchy, group, hierarchy->limit))) continue;
    add_group(*hierarchy, group, text);
    return;
  }
}

}  // namespace dbgtrace::hooks::crash
