// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/death_here.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "reader/cli/proc_processes.hpp"

namespace dbgtrace::reader::cli {
namespace {

constexpr size_t kMostBytes = 65536;

std::string content_of(const std::string& path) {
  std::string text(kMostBytes, '\0');
  std::ifstream file(path);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

// The group's name comes from the recording: no way leads out of the control groups.
bool is_inside(const std::string& group) {
  return group.starts_with('/') && group.find("/..") == std::string::npos;
}

std::optional<analysis::CgroupMemory> group_today(const trace::Trace& trace) {
  const analysis::MachineFacts here = ProcProcesses().facts();
  if (!std::equal(here.boot_id.begin(), here.boot_id.end(), trace.header.boot_id)) {
    return std::nullopt;
  }
  const auto start = analysis::process_facts(trace.black_box).cgroup_at_start;
  if (!is_inside(start.group)) return std::nullopt;
  const bool old = start.version == 1;
  const std::string folder = (old ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") + start.group + '/';
  const std::string peak = old ? "memory.max_usage_in_bytes" : "memory.peak";
  const std::string events = content_of(folder + (old ? "memory.oom_control" : "memory.events"));
  if (events.empty()) return std::nullopt;
  return analysis::parse_cgroup(events + peak + ' ' + content_of(folder + peak));
}

}  // namespace

analysis::Death death_here(const trace::Trace& trace) {
  return analysis::death_of(trace, analysis::state_of(trace.header, ProcProcesses()),
                            group_today(trace));
}

}  // namespace dbgtrace::reader::cli
