// SPDX-License-Identifier: Apache-2.0
// module_at by bisection: a recording has hundreds of modules and a million frames to place. The
// modules that ever lay over an address stand in a short list, by the time they came.
#pragma once

#include <cstdint>
#include <vector>

#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

class ModuleMap {
 public:
  // The trace's modules must outlive the map and stay as they are.
  explicit ModuleMap(const std::vector<Module>& modules);

  // What module_at says, but for what no process can bring about: more than kMaxOverlaid modules
  // over one address that all came or went at other times, or millions of overlaps.
  const Module* find(uint64_t pc, uint64_t time_us) const;
  // Whether some address belonged to several modules, one after the other.
  bool overlaps() const { return overlaps_; }

 private:
  static constexpr uint32_t kMaxOverlaid = 64;
  static constexpr size_t kMaxEntries = 1u << 21;

  struct Segment {
    uint64_t start;  // holds up to the next segment's start
    uint32_t first, count;
  };
  std::vector<Segment> segments_;
  std::vector<const Module*> modules_;  // of a segment: by load time
  bool overlaps_ = false;
};

}  // namespace dbgtrace::reader::trace
