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

// A file of one value, or of lines of name and value.
void add_file(const Hierarchy& hierarchy, std::string_view group, std::string_view name,
              os::Text& text) {
  if (name.empty()) return;
  const std::string_view value = read(hierarchy, group, name);
  if (value.empty()) return;
  if (name != hierarchy.events) text.add(name).add(' ');
  text.add(value).add('\n');
}

void add_group(const Hierarchy& hierarchy, std::string_view group, os::Text& text) {
  text.add("group ").add(group.empty() ? "/" : group).add('\n');
  add_file(hierarchy, group, hierarchy.limit, text);
  for (const std::string_view name : hierarchy.values) add_file(hierarchy, group, name, text);
  add_file(hierarchy, group, hierarchy.events, text);
}

// The text up to the separator; the rest, behind it, stays in `text`. (substr would throw.)
std::string_view take(std::string_view& text, char separator) {
  const size_t size = std::min(text.find(separator), text.size());
  const std::string_view taken(text.data(), size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

struct Group {
  const Hierarchy* hierarchy = nullptr;
  std::string_view path;  // empty: the root
};

// The process's group, from lines "id:controllers:path": "0::/path" in version 2.
bool find_group(Group& group) {
  static constinit char path_buffer[512] = {};
  os::Text path(path_buffer, sizeof(path_buffer));
  const long size = os::read_file("/proc/self/cgroup", g_buffer, sizeof(g_buffer));
  std::string_view text(g_buffer, static_cast<size_t>(std::max(size, 0l)));
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    take(line, ':');
    const std::string_view controllers = take(line, ':');
    if (controllers != "memory" && (!controllers.empty() || group.hierarchy != nullptr)) continue;
    group.hierarchy = controllers.empty() ? &kVersion2 : &kVersion1;
    path.truncate(0);
    if (line != "/") path.add(line);
  }
  if (group.hierarchy == nullptr || path.cut()) return false;
  group.path = path.view();
  // In a container the path may be that of the outside, while what is mounted is the group itself.
  if (read(*group.hierarchy, group.path, group.hierarchy->events).empty()) group.path = {};
  return true;
}

// Cuts the path down to the innermost group that has a limit, itself or one above it.
bool find_limit(const Hierarchy& hierarchy, std::string_view& path) {
  for (uint32_t level = 0; level < kMaxLevels; ++level) {
    if (is_limit(read(hierarchy, path, hierarchy.limit))) return true;
    if (path.empty()) return false;
    path.remove_suffix(path.size() - std::min(path.rfind('/'), path.size()));
  }
  return false;
}

}  // namespace

void read_cgroup_at_start(os::Text& text) {
  Group group;
  if (!find_group(group)) return;
  const Hierarchy& hierarchy = *group.hierarchy;
  text.add("group ").add(group.path.empty() ? "/" : group.path).add('\n');
  add_file(hierarchy, group.path, hierarchy.events, text);
  // Of a group above, too: the process is counted in its own in any case.
  if (find_limit(hierarchy, group.path)) add_file(hierarchy, group.path, hierarchy.limit, text);
}

void read_cgroup_memory(os::Text& text) {
  Group group;
  if (!find_group(group)) return;
  add_group(*group.hierarchy, group.path, text);
  const size_t own = group.path.size();
  if (find_limit(*group.hierarchy, group.path) && group.path.size() != own) {
    add_group(*group.hierarchy, group.path, text);
  }
}

}  // namespace dbgtrace::hooks::crash
