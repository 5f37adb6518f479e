// SPDX-License-Identifier: Apache-2.0
// The crashes of many recordings as a page: each bug once, the most frequent first; and the
// processes that left no record.
#include <fmt/format.h>

#include <algorithm>

#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_crash.hpp"

namespace dbgtrace::reader::output {

void put_crash_groups(TextPage& page, const std::vector<analysis::CrashGroup>& groups,
                      size_t recordings, const ListLimits& limits) {
  if (recordings == 0) {
    page.line("There are no recordings.", TextPage::Tone::kBad);
    return;
  }
  size_t crashes = 0;
  for (const analysis::CrashGroup& group : groups) crashes += group.crashes.size();
  if (groups.empty()) {
    page.line(
        fmt::format("No crash record in {} recording{}.", recordings, recordings == 1 ? "" : "s"));
    return;
  }
  page.paragraph(fmt::format("{} crash{} of {} kind{} in {} recording{}.", crashes,
                             crashes == 1 ? "" : "es", groups.size(), groups.size() == 1 ? "" : "s",
                             recordings, recordings == 1 ? "" : "s"),
                 2, TextPage::Tone::kBad);
  const size_t shown =
      limits.entries == 0 ? groups.size() : std::min(limits.entries, groups.size());
  for (size_t i = 0; i < shown; ++i) {
    const analysis::CrashGroup& group = groups[i];
    const analysis::CrashEntry& best = group.best();
    page.gap();
    page.line(fmt::format("#{} {} time{}: {}", i + 1, group.crashes.size(),
                          group.crashes.size() == 1 ? "" : "s", group.crashes.front().signature),
              TextPage::Tone::kBold);
    page.paragraph(fmt::format("   {} [{}]", best.summary, confidence_text(best.confidence)), 5);
    page.paragraph(group.crashes.size() == 1
                       ? "   " + human_date(group.first_unix())
                       : fmt::format("   first {}, last {}", human_date(group.first_unix()),
                                     human_date(group.last_unix())),
                   5);
    page.paragraph(
        fmt::format("   of {}{}", fmt::join(group.exes, ", "),
                    group.build_ids.empty()
                        ? ""
                        : fmt::format(", build{} {}", group.build_ids.size() == 1 ? "" : "s",
                                      fmt::join(group.build_ids, ", "))),
        5);
    page.line("   see: dbgtrace crash " + best.file);
  }
  if (shown < groups.size()) {
    page.gap();
    page.line(fmt::format("... {} more: --top 0 shows all", groups.size() - shown));
  }
}

void put_vanished(TextPage& page, const std::vector<Vanished>& vanished, const ListLimits& limits) {
  if (vanished.empty()) return;
  page.gap();
  page.line(fmt::format("vanished ({}): ended without a crash record", vanished.size()),
            TextPage::Tone::kBad);
  const size_t shown =
      limits.entries == 0 ? vanished.size() : std::min(limits.entries, vanished.size());
  for (size_t i = 0; i < shown; ++i) {
    page.paragraph(fmt::format("  {} {}", vanished[i].file, vanished[i].summary), 4);
  }
  if (shown < vanished.size()) {
    page.line(fmt::format("  ... {} more: --top 0 shows all", vanished.size() - shown));
  }
}

}  // namespace dbgtrace::reader::output
