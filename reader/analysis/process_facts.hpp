// SPDX-License-Identifier: Apache-2.0
// What the kernel said about the process as a whole when it died: memory against its limits, and
// descriptors, since a crash is often the end of a shortage.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "reader/trace/crash.hpp"

namespace dbgtrace::reader::analysis {

// A control group's memory figures; absent: no limit, or not known. Of a text with several groups
// the last one's: the nearest that has a limit.
struct CgroupMemory {
  std::optional<uint64_t> current, limit, peak, kills;
  std::string group;  // "/system.slice/x.service", of the one that the figures are of
  int version = 2;    // of the kernel's interface
};
CgroupMemory parse_cgroup(const std::string& text);

struct ProcessFacts {
  std::optional<uint64_t> resident_bytes, virtual_bytes, stack_bytes, threads;
  CgroupMemory cgroup, cgroup_at_start;
  std::optional<uint64_t> descriptors, descriptor_limit;
  std::string system;  // "Linux 6.1.0 x86_64"
};
ProcessFacts process_facts(const trace::BlackBox& box);

}  // namespace dbgtrace::reader::analysis
