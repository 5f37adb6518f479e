// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reader/output/counted.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::MemoryOrder;
using analysis::MemoryReport;
using analysis::MemorySite;
using Tone = TextPage::Tone;

constexpr size_t kBars = 32;

const char* word_of(MemoryOrder order) {
  switch (order) {
    case MemoryOrder::kLive:
      return "living bytes";
    case MemoryOrder::kPeak:
      return "peak bytes";
    case MemoryOrder::kAllocated:
      return "allocated bytes";
    case MemoryOrder::kTemporary:
      return "temporary allocations";
    case MemoryOrder::kLiveCount:
      return "living blocks";
    case MemoryOrder::kAllocations:
      return "allocations";
  }
  return "";
}

// The highest value of each part of the run; a part without a point repeats the one before.
std::string graph(const std::vector<analysis::TimelinePoint>& timeline, double run_s,
                  double analysis::TimelinePoint::*quantity) {
  std::array<double, kBars> highest{};
  std::array<bool, kBars> known{};
  double top = 0;
  for (const auto& point : timeline) {
    const double part = run_s > 0 ? point.t_s / run_s : 0;
    const auto bar = std::min(kBars - 1, static_cast<size_t>(std::max(0.0, part) * kBars));
    highest[bar] = known[bar] ? std::max(highest[bar], point.*quantity) : point.*quantity;
    known[bar] = true;
    top = std::max(top, point.*quantity);
  }
  static constexpr std::array<const char*, 9> kLevels = {" ", "▁", "▂", "▃", "▄",
                                                         "▅", "▆", "▇", "█"};
  std::string text;
  double value = 0;
  for (size_t i = 0; i < kBars; ++i) {
    if (known[i]) value = highest[i];
    const double level = top > 0 ? value / top * 8 : 0;
    text += kLevels[std::min<size_t>(8, static_cast<size_t>(level + 0.5))];
  }
  return text;
}

}  // namespace

void put_memory_totals(TextPage& page, const MemoryReport& report) {
  page.paragraph(
      fmt::format("Heap: {} live in {} after {}; peak {} at {}", human_bytes(report.live_bytes),
                  counted(report.live_count, "block"), human_duration(report.run_s),
                  human_bytes(report.peak_bytes), human_duration(report.peak_s)),
      6, Tone::kBold);
  page.paragraph(fmt::format("Allocated in all: {} by {}", human_bytes(report.allocated_bytes),
                             counted(report.allocations, "allocation")),
                 2);
  page.paragraph(report.exact ? std::string("How sure: exact, every allocation was recorded.")
                 : report.cut
                     ? std::string("How sure: not at all, the recording is cut: totals may still "
                                   "be right, what is listed is what was found.")
                     : fmt::format("How sure: estimates from {}, one every {}; intervals "
                                   "hold in 95 of 100 cases.",
                                   human_samples(report.allocations.samples),
                                   human_bytes(static_cast<double>(report.interval_bytes))),
                 2);
  if (report.torn_down_bytes.samples > 0) {
    page.paragraph(fmt::format("Live are the blocks at the moment exit() began; exit handlers and "
                               "destructors freed {} of them afterwards.",
                               human_bytes(report.torn_down_bytes)),
                   2);
  }
  if (report.mapped_bytes.value > 0) {
    page.line(fmt::format("Mapped by mmap, besides: {}", human_bytes(report.mapped_bytes)));
  }
  if (report.timeline.size() < 2) return;
  double rss_top = 0;
  for (const auto& point : report.timeline) rss_top = std::max(rss_top, point.rss_bytes);
  page.gap();
  const auto live = &analysis::TimelinePoint::live_bytes;
  page.line(fmt::format("live |{}| peak {}", graph(report.timeline, report.run_s, live),
                        human_bytes(report.peak_bytes)));
  if (rss_top > 0) {
    const auto rss = &analysis::TimelinePoint::rss_bytes;
    page.line(fmt::format("rss  |{}| peak {}", graph(report.timeline, report.run_s, rss),
                          human_bytes(rss_top)));
  }
}

void put_memory_sites(TextPage& page, const MemoryReport& report,
                      const analysis::Resolver& resolver, MemoryOrder order, ListLimits limits) {
  page.line(fmt::format("Call stacks by {}:", word_of(order)), Tone::kBold);
  const size_t shown =
      limits.entries == 0 ? report.sites.size() : std::min(limits.entries, report.sites.size());
  for (size_t i = 0; i < shown; ++i) {
    const MemorySite& site = report.sites[i];
    const analysis::ResolvedStack stack = resolver.resolve(site.stack);
    page.gap();
    page.line(fmt::format("#{} {}", i + 1, title_text(stack)), Tone::kBold);
    if (report.only_live) {
      page.paragraph(fmt::format("   live {} in {}, {}", human_bytes(site.live_bytes),
                                 counted(site.live_count.value, "block"),
                                 human_samples(site.live_bytes.samples)),
                     5);
      put_stack(page, stack, limits.frames);
      continue;
    }
    page.paragraph(
        fmt::format("   live {}, {}; peak {}", human_bytes(site.live_bytes),
                    human_samples(site.live_bytes.samples), human_bytes(site.peak_bytes)),
        5);
    page.paragraph(fmt::format("   allocated {} by {} of {} on average; temporary {}",
                               human_bytes(site.allocated_bytes),
                               counted(site.allocations.value, "allocation"),
                               human_bytes(site.mean_size_bytes), human_count(site.temporary)),
                   5);
    put_stack(page, stack, limits.frames);
  }
  if (shown < report.sites.size()) {
    page.gap();
    page.line(
        fmt::format("... {} more call stacks: --top 0 shows all", report.sites.size() - shown));
  }
}

}  // namespace dbgtrace::reader::output
