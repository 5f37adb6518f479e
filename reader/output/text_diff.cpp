// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::ChangedSite;
using analysis::ComparedSide;
using analysis::Difference;
using analysis::Measure;
using Tone = TextPage::Tone;

const char* label_of(Measure measure) {
  switch (measure) {
    case Measure::kLive:
      return "live";
    case Measure::kPeak:
      return "peak";
    case Measure::kAllocated:
      return "allocated";
    case Measure::kAllocations:
      return "allocations";
  }
  return "";
}

std::string amount(Measure measure, double value, bool per_second) {
  const bool rate =
      per_second && (measure == Measure::kAllocated || measure == Measure::kAllocations);
  const std::string text =
      measure == Measure::kAllocations ? human_count(value) : human_bytes(value);
  return rate ? text + "/s" : text;
}

std::string ratio_text(const Difference& d) {
  if (!(d.old_value.value > 0)) return "new";
  if (!(d.new_value.value > 0)) return "gone";
  const double ratio = d.new_value.value / d.old_value.value;
  if (ratio >= 10) return fmt::format("{:.0f} times as much", ratio);
  return fmt::format("{:+.1f} %", (ratio - 1) * 100);
}

std::string change_text(const Difference& d, bool per_second) {
  const std::string change = amount(d.measure, std::abs(d.change()), per_second);
  return fmt::format("{} {} -> {} ({}{}, {})", label_of(d.measure),
                     amount(d.measure, d.old_value.value, per_second),
                     amount(d.measure, d.new_value.value, per_second), d.change() < 0 ? "-" : "+",
                     change, ratio_text(d));
}

std::string title_of(const DiffContents& diff, const ChangedSite& site) {
  if (diff.by != analysis::GroupBy::kStack) return site.name;
  return title_text((site.in_new ? diff.new_resolver : diff.old_resolver).resolve(site.stack));
}

std::string plural(uint64_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string density(const ComparedSide& side) {
  return side.exact ? "every allocation"
                    : fmt::format("a sample every {}",
                                  human_bytes(static_cast<double>(side.interval_bytes)));
}

bool anything_changed(const analysis::Comparison& c) {
  return !c.changed.empty() ||
         std::any_of(c.total_changed.begin(), c.total_changed.end(), [](bool one) { return one; });
}

void put_answer(TextPage& page, const DiffContents& diff) {
  const analysis::Comparison& c = diff.comparison;
  if (!anything_changed(c)) {
    page.line("No difference.", Tone::kGood);
  } else if (c.changed.empty()) {
    page.paragraph("The whole changed, though no call stack did so by itself.", 2, Tone::kBold);
  } else {
    const ChangedSite& first = c.changed.front();
    std::string text = plural(c.regressions(), "regression") + ", " +
                       plural(c.improvements(), "improvement") + ". ";
    text += fmt::format("{}: {}: {}", first.worse() ? "Worst" : "Best", title_of(diff, first),
                        change_text(first.differences.front(), c.per_second));
    page.paragraph(text, 2, c.regressions() > 0 ? Tone::kBad : Tone::kGood);
  }
  if (!c.new_leaks.empty()) {
    page.paragraph(fmt::format("{} leak{} that the old recording has not: {}", c.new_leaks.size(),
                               c.new_leaks.size() == 1 ? "s" : "", title_of(diff, c.new_leaks[0])),
                   2, Tone::kBad);
  }
  if (!c.gone_leaks.empty()) {
    page.paragraph(
        fmt::format("{} of the old recording's leaks {} gone: {}", c.gone_leaks.size(),
                    c.gone_leaks.size() == 1 ? "is" : "are", title_of(diff, c.gone_leaks[0])),
        2, Tone::kGood);
  }
  const std::string floor =
      fmt::format("changes under {:.0f} % are left out", diff.rules.least_change * 100);
  if (diff.old_side.exact && diff.new_side.exact) {
    page.paragraph("How sure: exact, every allocation was recorded in both; " + floor + ".", 2);
  } else {
    page.paragraph(
        fmt::format("How sure: two equal runs give a report with any change in it in fewer than "
                    "{:.0f} of 100 cases, as far as it is the sampling that differs; {}.",
                    diff.rules.false_alarms * 100, floor),
        2);
  }
}

void put_side(TextPage& page, const char* label, const ComparedSide& side) {
  page.paragraph(side.moment
                     ? fmt::format("{} after {} of {}: {}", label, human_duration(side.at_s),
                                   human_duration(side.run_s), side.file)
                     : fmt::format("{} {}, {}: {}", label, human_duration(side.run_s),
                                   density(side), side.file),
                 5);
}

void put_totals(TextPage& page, const DiffContents& diff) {
  const analysis::Comparison& c = diff.comparison;
  page.gap();
  put_side(page, "old:", diff.old_side);
  put_side(page, "new:", diff.new_side);
  if (c.only_live) {
    page.paragraph(
        "Of moments only live bytes are known, from series whose steps grow with the run; what has "
        "no series counts by its survivors.",
        2, Tone::kFaint);
  } else if (c.per_second) {
    page.paragraph("Allocations are compared per second (--per run compares the whole runs).", 2,
                   Tone::kFaint);
  } else if (std::max(diff.old_side.run_s, diff.new_side.run_s) >
             1.2 * std::min(diff.old_side.run_s, diff.new_side.run_s)) {
    page.paragraph(
        "The runs differ in length; allocations are those of the whole runs "
        "(--per second compares their pace).",
        2, Tone::kFaint);
  }
  page.gap();
  page.line(fmt::format("{:<12} {:>14} {:>14}  {}", "", "old", "new", "change"), Tone::kBold);
  for (size_t i = 0; i < (c.only_live ? 1 : analysis::kMeasures); ++i) {
    const Difference& d = c.totals[i];
    const Tone tone = !c.total_changed[i] ? Tone::kPlain
                      : d.change() > 0    ? Tone::kBad
                                          : Tone::kGood;
    page.line(fmt::format("{:<12} {:>14} {:>14}  {}", label_of(d.measure),
                          amount(d.measure, d.old_value.value, c.per_second),
                          amount(d.measure, d.new_value.value, c.per_second),
                          c.total_changed[i]                       ? ratio_text(d)
                          : d.old_value.value == d.new_value.value ? "none"
                                                                   : "none to speak of"),
              tone);
  }
}

Json estimate_json(const analysis::Estimate& estimate) {
  Json json = {{"value", estimate.value}};
  if (!estimate.exact()) json["interval"] = {estimate.low, estimate.high};
  json["samples"] = estimate.samples;
  return json;
}

Json difference_json(const Difference& d) {
  Json json = {{"measure", analysis::name_of(d.measure)},
               {"old", estimate_json(d.old_value)},
               {"new", estimate_json(d.new_value)},
               {"change", d.change()}};
  if (d.old_value.value > 0) json["ratio"] = d.new_value.value / d.old_value.value;
  json["probability"] = d.probability;
  return json;
}

Json side_json(const ComparedSide& side) {
  Json json = {{"file", side.file},
               {"run_s", side.run_s},
               {"interval", side.interval_bytes},
               {"exact", side.exact}};
  if (side.moment) json["at_s"] = side.at_s;
  return json;
}

void write_site(JsonWriter& writer, const DiffContents& diff, const ChangedSite& site) {
  Json json = {{"direction", site.worse() ? "regression" : "improvement"},
               {"name", site.name},
               {"in_old", site.in_old},
               {"in_new", site.in_new}};
  json["differences"] = Json::array();
  for (const Difference& d : site.differences) json["differences"].push_back(difference_json(d));
  writer.begin_object();
  writer.members(json);
  if (diff.by == analysis::GroupBy::kStack) {
    writer.stack((site.in_new ? diff.new_resolver : diff.old_resolver).resolve(site.stack));
  }
  writer.end();
}

}  // namespace

void put_diff(TextPage& page, const DiffContents& diff, ListLimits limits) {
  const analysis::Comparison& c = diff.comparison;
  put_answer(page, diff);
  put_totals(page, diff);
  const size_t shown =
      limits.entries == 0 ? c.changed.size() : std::min(limits.entries, c.changed.size());
  for (size_t i = 0; i < shown; ++i) {
    const ChangedSite& site = c.changed[i];
    page.gap();
    page.line(fmt::format("#{} {}: {}", i + 1, site.worse() ? "regression" : "improvement",
                          title_of(diff, site)),
              site.worse() ? Tone::kBad : Tone::kGood);
    for (const Difference& d : site.differences) {
      page.paragraph("   " + change_text(d, c.per_second), 5);
    }
    if (diff.by == analysis::GroupBy::kStack) {
      put_stack(page, (site.in_new ? diff.new_resolver : diff.old_resolver).resolve(site.stack),
                limits.frames);
    }
  }
  page.gap();
  if (shown < c.changed.size()) {
    page.line(fmt::format("... {} more: --top 0 shows all", c.changed.size() - shown));
  }
  page.line(
      fmt::format("Without a difference: {}.", human_count(static_cast<double>(c.unchanged))));
}

void write_diff(JsonWriter& writer, const DiffContents& diff, size_t max_entries) {
  const analysis::Comparison& c = diff.comparison;
  Json json = json_document("diff", diff.new_side.file);
  json["old"] = side_json(diff.old_side);
  json["new"] = side_json(diff.new_side);
  json["per"] = c.per_second ? "second" : "run";
  json["least_change"] = diff.rules.least_change;
  json["false_alarms"] = diff.rules.false_alarms;
  json["comparisons"] = c.comparisons;
  json["regressions"] = c.regressions();
  json["improvements"] = c.improvements();
  json["unchanged"] = c.unchanged;
  json["totals"] = Json::array();
  for (size_t i = 0; i < (c.only_live ? 1 : analysis::kMeasures); ++i) {
    Json item = difference_json(c.totals[i]);
    item["changed"] = static_cast<bool>(c.total_changed[i]);
    json["totals"].push_back(std::move(item));
  }
  writer.members(json);
  const auto list = [&](const char* key, const std::vector<ChangedSite>& sites) {
    writer.begin_list(key);
    const size_t shown = max_entries == 0 ? sites.size() : std::min(max_entries, sites.size());
    for (size_t i = 0; i < shown && writer.open(); ++i) write_site(writer, diff, sites[i]);
    writer.end();
  };
  list("changes", c.changed);
  list("new_leaks", c.new_leaks);
  list("gone_leaks", c.gone_leaks);
}

}  // namespace dbgtrace::reader::output
