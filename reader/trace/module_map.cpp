// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/module_map.hpp"

#include <algorithm>
#include <iterator>

namespace dbgtrace::reader::trace {

ModuleMap::ModuleMap(const std::vector<Module>& modules) {
  std::vector<const Module*> by_start;
  std::vector<uint64_t> borders;
  for (const Module& module : modules) {
    if (module.start >= module.end) continue;
    by_start.push_back(&module);
    borders.push_back(module.start);
    borders.push_back(module.end);
  }
  std::stable_sort(by_start.begin(), by_start.end(),
                   [](const Module* a, const Module* b) { return a->start < b->start; });
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  std::vector<const Module*> open;
  auto next = by_start.begin();
  for (const uint64_t border : borders) {
    std::erase_if(open, [border](const Module* module) { return module->end <= border; });
    for (; next != by_start.end() && (*next)->start == border; ++next) open.push_back(*next);
    overlaps_ = overlaps_ || open.size() > 1;
    const auto first = static_cast<uint32_t>(modules_.size());
    if (open.size() > kMaxEntries - first) {
      segments_.push_back({border, first, 0});
      break;
    }
    segments_.push_back({border, first, static_cast<uint32_t>(open.size())});
    modules_.insert(modules_.end(), open.begin(), open.end());
    std::sort(modules_.begin() + first, modules_.end(), [](const Module* a, const Module* b) {
      return a->load_us != b->load_us ? a->load_us < b->load_us : a > b;
    });
  }
}

const Module* ModuleMap::find(uint64_t pc, uint64_t time_us) const {
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), pc,
                       [](uint64_t address, const Segment& s) { return address < s.start; });
  if (after == segments_.begin()) return nullptr;
  const Segment& segment = *std::prev(after);
  const auto begin = modules_.begin() + segment.first;
  const auto end = begin + segment.count;
  const auto later = std::upper_bound(begin, end, time_us, [](uint64_t time, const Module* module) {
    return time < module->load_us;
  });
  const auto is_there = [time_us](const Module* module) {
    return module->unload_us == 0 || module->unload_us > time_us;
  };
  // The newest that was there.
  uint32_t steps = 0;
  for (auto at = later; at != begin && steps < kMaxOverlaid; ++steps) {
    if (is_there(*--at)) return *at;
  }
  // Else the first to come: see module_at. Of two at one time the one that was stored first.
  const Module* first = nullptr;
  steps = 0;
  for (auto at = later; at != end && steps < kMaxOverlaid; ++at, ++steps) {
    if (!is_there(*at)) continue;
    if (first != nullptr && (*at)->load_us != first->load_us) break;
    first = *at;
  }
  return first;
}

}  // namespace dbgtrace::reader::trace
