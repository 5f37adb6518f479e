// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reader/output/counted.hpp"
#include "reader/output/human.hpp"
#include "reader/output/memory_details.hpp"
#include "reader/output/printable.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::Bucket;
using analysis::MemoryReport;
using analysis::Trend;
using Tone = TextPage::Tone;

std::string signed_rate(double bytes_per_s) {
  return fmt::format("{}{}/s", bytes_per_s < 0 ? "-" : "+", human_bytes(std::abs(bytes_per_s)));
}

void put_pattern(TextPage& page, const MemoryDetails& details) {
  const analysis::GrowthPattern& g = details.growth;
  if (g.trend != Trend::kUnknown) {
    page.paragraph(
        fmt::format("Pattern: {}, {} [{} .. {}]; baseline {}, peak {}, swings by {:.0f} %",
                    name_of(g.trend), signed_rate(g.bytes_per_s), signed_rate(g.low),
                    signed_rate(g.high), human_bytes(g.baseline_bytes), human_bytes(g.peak_bytes),
                    g.volatility * 100),
        2, g.trend == Trend::kGrowing ? Tone::kBold : Tone::kPlain);
  }
  if (!details.fragmentation) return;
  const analysis::Fragmentation& f = *details.fragmentation;
  page.paragraph(
      fmt::format("Resident: {} for {} of live heap; the other {} are code, stacks, mappings and "
                  "free memory between and behind blocks{}",
                  human_bytes(f.at_end.rss_bytes), human_bytes(f.at_end.live_bytes),
                  human_bytes(f.at_end.beside_bytes()),
                  f.kept_bytes > 0
                      ? fmt::format("; about {} of it was heap that the allocator kept",
                                    human_bytes(f.kept_bytes))
                      : std::string()),
      2);
}

void put_peak(TextPage& page, const MemoryDetails& details, const analysis::Resolver& resolver,
              ListLimits limits) {
  const analysis::PeakMoment& peak = details.peak;
  if (peak.shares.empty() || !(peak.bytes > 0)) return;
  page.gap();
  page.line(
      fmt::format("At the peak, {} after {}:", human_bytes(peak.bytes), human_duration(peak.t_s)),
      Tone::kBold);
  const size_t shown =
      limits.entries == 0 ? peak.shares.size() : std::min(limits.entries, peak.shares.size());
  for (size_t i = 0; i < shown; ++i) {
    page.line(fmt::format("  {:>10} {:>4.0f} %  {}", human_bytes(peak.shares[i].bytes),
                          peak.shares[i].bytes / peak.bytes * 100,
                          title_text(resolver.resolve(peak.shares[i].stack))));
  }
  if (shown < peak.shares.size()) {
    page.line(fmt::format("  ... {} more call stacks", peak.shares.size() - shown));
  }
  if (!peak.exact) {
    page.paragraph(fmt::format("  Approximate: from what is known of the call stacks around that "
                               "moment; {}.",
                               peak.told_bytes > peak.bytes
                                   ? "together they make more than the peak"
                                   : fmt::format("together they make {:.0f} % of the peak",
                                                 peak.told_bytes / peak.bytes * 100)),
                   2, Tone::kFaint);
  }
}

void put_pools(TextPage& page, const MemoryDetails& details, const MemoryReport& report,
               const analysis::Resolver& resolver, ListLimits limits) {
  if (details.pools.empty()) return;
  page.gap();
  page.line("Short-lived: a pool, a buffer that is kept, or the stack would do", Tone::kBold);
  const size_t shown =
      limits.entries == 0 ? details.pools.size() : std::min(limits.entries, details.pools.size());
  for (size_t i = 0; i < shown; ++i) {
    const analysis::PoolCandidate& pool = details.pools[i];
    page.line(fmt::format("  {:>13} of {:>9}, {:>3.0f} % under 1 ms, saves ~{:<7} {}",
                          human_count(pool.allocations), human_bytes(pool.mean_size_bytes),
                          pool.short_share * 100, human_duration(pool.saved_s),
                          title_text(resolver.resolve(pool.stack))));
  }
  if (shown < details.pools.size()) {
    page.line(fmt::format("  ... {} more", details.pools.size() - shown));
  }
  page.paragraph(fmt::format("  Savings are CPU time at {:.0f} ns for a malloc and its free, in a "
                             "run of {}.",
                             analysis::kSecondsPerPair * 1e9, human_duration(report.run_s)),
                 2, Tone::kFaint);
}

void put_histogram(TextPage& page, const char* title, const std::vector<Bucket>& buckets,
                   std::string (*label)(double)) {
  if (buckets.empty()) return;
  constexpr size_t kBar = 24;
  double most = 0;
  for (const Bucket& bucket : buckets) most = std::max(most, bucket.count);
  page.gap();
  page.line(title, Tone::kBold);
  for (const Bucket& bucket : buckets) {
    const auto cells = static_cast<size_t>(std::ceil(bucket.count / most * kBar));
    std::string bar;
    for (size_t i = 0; i < cells; ++i) bar += "▇";
    page.line(fmt::format("  under {:>9} {:>13} {:>10}  {}", label(bucket.to),
                          human_count(bucket.count),
                          bucket.bytes > 0 ? human_bytes(bucket.bytes) : std::string(), bar));
  }
}

std::string lifetime(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.0f} us", seconds * 1e6) : human_duration(seconds);
}

}  // namespace

void put_memory_details(TextPage& page, const MemoryDetails& details, const MemoryReport& report,
                        const analysis::Resolver& resolver, ListLimits limits) {
  page.gap();
  put_pattern(page, details);
  put_peak(page, details, resolver, limits);
  put_pools(page, details, report, resolver, limits);
  const auto bytes = [](double value) { return human_bytes(value); };
  put_histogram(page, "Sizes of living blocks:", details.histograms.live_sizes, bytes);
  put_histogram(page, "Sizes of all allocations (by their call stacks' means):",
                details.histograms.allocated_sizes, bytes);
  put_histogram(page, "Lifetimes of freed blocks:", details.histograms.lifetimes_s, lifetime);
}

namespace {

std::string group_figures(const analysis::MemoryGroup& group, bool only_live) {
  std::string figures = fmt::format("{:>10} {:>10}", human_bytes(group.live_bytes.value),
                                    human_count(group.live_count.value));
  if (only_live) return figures;
  return figures + fmt::format(" {:>10} {:>10} {:>13} {:>13}",
                               group.peak_bytes > 0 ? human_bytes(group.peak_bytes) : "-",
                               human_bytes(group.allocated_bytes.value),
                               human_count(group.allocations.value),
                               group.peak_bytes > 0 ? human_count(group.temporary) : "-");
}

// The same where the columns do not fit side by side.
std::string group_sentence(const analysis::MemoryGroup& group, bool only_live) {
  std::string text = fmt::format("live {} in {}", human_bytes(group.live_bytes.value),
                                 counted(group.live_count.value, "block"));
  if (only_live) return text;
  text += fmt::format("; allocated {} by {}", human_bytes(group.allocated_bytes.value),
                      counted(group.allocations.value, "allocation"));
  if (group.peak_bytes > 0)
    text += fmt::format("; peak at most {}; temporary {}", human_bytes(group.peak_bytes),
                        human_count(group.temporary));
  return text;
}

}  // namespace

void put_memory_groups(TextPage& page, const std::vector<analysis::MemoryGroup>& groups,
                       bool only_live, ListLimits limits) {
  const size_t shown =
      limits.entries == 0 ? groups.size() : std::min(limits.entries, groups.size());
  const std::string heading =
      only_live ? fmt::format("{:>10} {:>10}", "live", "blocks")
                : fmt::format("{:>10} {:>10} {:>10} {:>10} {:>13} {:>13}", "live", "blocks",
                              "peak <=", "allocated", "allocations", "temporary");
  const bool narrow = page.width() != 0 && page.width() < heading.size();
  size_t widest = 0;
  for (size_t i = 0; i < shown; ++i)
    widest = std::max(widest, heading.size() + 2 + columns_of(printable(groups[i].name)));
  const bool beside = page.width() == 0 || widest <= page.width();
  if (!narrow) page.line(heading, Tone::kBold);
  for (size_t i = 0; i < shown; ++i) {
    const analysis::MemoryGroup& group = groups[i];
    if (narrow) {
      page.paragraph(group.name, 4, Tone::kBold);
      page.paragraph("    " + group_sentence(group, only_live), 4);
    } else if (beside) {
      page.line(fmt::format("{}  {}", group_figures(group, only_live), group.name));
    } else {
      page.line(group_figures(group, only_live));
      page.paragraph("    " + group.name, 6);
    }
  }
  if (shown < groups.size()) {
    page.line(fmt::format("... {} more: --top 0 shows all", groups.size() - shown));
  }
}

}  // namespace dbgtrace::reader::output
