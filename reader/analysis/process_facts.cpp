// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/process_facts.hpp"

#include <charconv>
#include <sstream>
#include <string_view>

namespace dbgtrace::reader::analysis {
namespace {

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// "VmRSS:	    1234 kB" of /proc/PID/status.
std::optional<uint64_t> status_field(const std::string& status, const std::string& name) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size() + 1, name + ':') != 0) continue;
    const size_t begin = line.find_first_of("0123456789", name.size());
    if (begin == std::string::npos) return std::nullopt;
    const auto value = number(std::string_view(line).substr(begin));
    const bool kibibytes = line.find("kB") != std::string::npos;
    if (value && kibibytes && *value < (uint64_t{1} << 50)) return *value * 1024;
    return value;
  }
  return std::nullopt;
}

// "Max open files            1024                 4096                 files".
std::optional<uint64_t> soft_limit(const std::string& limits, const std::string& name) {
  std::istringstream lines(limits);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const size_t begin = line.find_first_not_of(' ', name.size());
    return begin == std::string::npos ? std::nullopt : number(std::string_view(line).substr(begin));
  }
  return std::nullopt;
}

std::string system_line(const std::string& lines) {
  std::istringstream fields(lines);
  std::string name, release, version, machine;
  std::getline(fields, name);
  std::getline(fields, release);
  std::getline(fields, version);
  std::getline(fields, machine);
  if (name.empty()) return "";
  return name + ' ' + release + (machine.empty() ? "" : ' ' + machine);
}

}  // namespace

CgroupMemory parse_cgroup(const std::string& text) {
  CgroupMemory memory;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string name = line.substr(0, space), value = line.substr(space + 1);
    if (name == "memory.max" || name == "memory.limit_in_bytes") memory.limit = number(value);
    if (name == "memory.current" || name == "memory.usage_in_bytes") memory.current = number(value);
    if (name == "memory.peak" || name == "memory.max_usage_in_bytes") memory.peak = number(value);
    if (name == "oom_kill") memory.kills = number(value);
    if (name == "group") memory.group = value;
    if (name == "memory.limit_in_bytes" || name == "oom_kill_disable") memory.version = 1;
  }
  // Version 1 of the interface has no word for "none" but the largest number.
  if (memory.limit && *memory.limit >= (uint64_t{1} << 62)) memory.limit.reset();
  return memory;
}

ProcessFacts process_facts(const trace::BlackBox& box) {
  ProcessFacts facts;
  const std::string status = box.text(ring::TextKind::kStatus);
  facts.resident_bytes = status_field(status, "VmRSS");
  facts.virtual_bytes = status_field(status, "VmSize");
  facts.stack_bytes = status_field(status, "VmStk");
  facts.threads = status_field(status, "Threads");
  facts.cgroup = parse_cgroup(box.text(ring::TextKind::kCgroupMemory));
  facts.cgroup_at_start = parse_cgroup(box.text(ring::TextKind::kCgroupMemoryAtStart));
  facts.descriptors = number(box.text(ring::TextKind::kDescriptors));
  facts.descriptor_limit = soft_limit(box.text(ring::TextKind::kLimits), "Max open files");
  facts.system = system_line(box.text(ring::TextKind::kSystem));
  return facts;
}

}  // namespace dbgtrace::reader::analysis
