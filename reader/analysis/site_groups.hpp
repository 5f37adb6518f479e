// SPDX-License-Identifier: Apache-2.0
// Sites with the same call stack belong together. One stack can be several sites: after a dlclose
// and a new dlopen the same code lies at other addresses, and the recorder knows addresses only.
// Two stacks are the same if every frame is the same offset in the same build of a module.
#pragma once

#include <cstdint>
#include <vector>

#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct SiteGroup {
  std::vector<uint32_t> sites;  // indices in Trace::sites, never empty
  uint32_t stack = 0;           // index in Trace::stacks, of the first of them
  bool mapping = false;
  std::vector<uint32_t> blocks;  // indices in Trace::live, held ones of these sites

  // Sums over the sites.
  ring::BirthTally births{};
  ring::DeathTally deaths{};
  uint64_t temporary = 0;
  double live_bytes = 0;  // as the sites tell it; blocks is more precise where complete
  double peak_bytes = 0;  // the sites' own peaks: at most too high if they peaked at other times
  uint64_t peak_us = 0;   // of the site with the highest peak
  uint64_t first_us = 0;
  bool has_history = true;  // every site has one
};

// In the order of each group's first site.
std::vector<SiteGroup> group_sites(const trace::Trace& trace);

}  // namespace dbgtrace::reader::analysis
