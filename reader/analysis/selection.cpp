// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/selection.hpp"

#include <algorithm>
#include <unordered_map>

#include "reader/analysis/call_tree.hpp"
#include "reader/analysis/name_pattern.hpp"

namespace dbgtrace::reader::analysis {
namespace {

template <typename NameOf>
bool any_fits(const std::vector<std::string>& patterns, const ResolvedStack& stack,
              NameOf name_of) {
  if (patterns.empty()) return true;
  return std::any_of(stack.frames.begin(), stack.frames.end(), [&](const symbols::Frame& frame) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return fits(pattern, name_of(frame)); });
  });
}

}  // namespace

bool selects(const Selection& selection, const ResolvedStack& stack) {
  return any_fits(selection.functions, stack, frame_label) &&
         any_fits(selection.files, stack, [](const symbols::Frame& frame) { return frame.file; }) &&
         any_fits(selection.modules, stack,
                  [](const symbols::Frame& frame) { return frame.module; });
}

BlockSelection::BlockSelection(const trace::Trace& trace, const Selection& selection)
    : from_us_(selection.from_us), to_us_(selection.to_us) {
  if (selection.threads.empty()) return;
  threads_.resize(trace.threads.size());
  for (size_t i = 0; i < trace.threads.size(); ++i) {
    const trace::Thread& thread = trace.threads[i];
    threads_[i] = std::any_of(
        selection.threads.begin(), selection.threads.end(), [&thread](const std::string& wanted) {
          return wanted == std::to_string(thread.tid) || fits(wanted, thread.name);
        });
  }
}

bool BlockSelection::operator()(const trace::LiveBlock& block) const {
  if (block.birth_us < from_us_ || block.birth_us > to_us_) return false;
  return threads_.empty() || (block.thread < threads_.size() && threads_[block.thread]);
}

trace::Trace with_blocks(const trace::Trace& trace, const Selection& selection) {
  trace::Trace part = trace;
  const BlockSelection selected(trace, selection);
  std::erase_if(part.live, [&selected](const trace::LiveBlock& block) { return !selected(block); });
  return part;
}

MemoryReport measure_selection(const trace::Trace& trace, const Selection& selection,
                               const Resolver& resolver, MemoryOrder order) {
  MemoryReport report = measure_memory(trace, order);
  if (selection.of_blocks()) {
    report.only_live = true;
    report.sites = measure_memory(with_blocks(trace, selection), MemoryOrder::kLive).sites;
    std::erase_if(report.sites,
                  [](const MemorySite& site) { return !(site.live_bytes.value > 0); });
    for (MemorySite& site : report.sites) {
      site.allocated_bytes = site.allocations = {};
      site.peak_bytes = site.temporary = site.mean_size_bytes = 0;
    }
    std::erase_if(report.timeline, [&selection](const TimelinePoint& point) {
      const double us = point.t_s * 1e6;
      return us < static_cast<double>(selection.from_us) ||
             us > static_cast<double>(selection.to_us);
    });
  }
  if (selection.of_stacks()) {
    std::erase_if(report.sites, [&](const MemorySite& site) {
      return !selects(selection, resolver.resolve(site.stack));
    });
  }
  return report;
}

void select_leaks(LeakReport& report, const trace::Trace& trace, const Selection& selection,
                  const Resolver& resolver) {
  if (selection.of_blocks()) {
    std::unordered_map<uint32_t, BlockSum> held, torn_down;
    const BlockSelection selected(trace, selection);
    for (const trace::LiveBlock& block : trace.live) {
      if (block.mapping || !selected(block)) continue;
      auto& sums = block.torn_down() ? torn_down : held;
      sums.try_emplace(block.site, trace.header).first->second.add(block);
    }
    const auto add = [](Leak& leak, const auto& sums, uint32_t site) {
      const auto sum = sums.find(site);
      if (sum == sums.end()) return;
      leak.bytes = leak.bytes + sum->second.bytes();
      leak.count = leak.count + sum->second.count();
    };
    std::erase_if(report.leaks, [&](Leak& leak) {
      leak.bytes = leak.count = {};
      for (const uint32_t site : leak.sites) {
        add(leak, held, site);
        if (leak.verdict.leak_class != LeakClass::kUnfreedAtExit) add(leak, torn_down, site);
      }
      return leak.bytes.samples == 0;
    });
  }
  if (selection.of_stacks()) {
    std::erase_if(report.leaks, [&](const Leak& leak) {
      return !selects(selection, resolver.resolve(leak.stack));
    });
  }
}

}  // namespace dbgtrace::reader::analysis
