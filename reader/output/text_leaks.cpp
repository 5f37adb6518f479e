// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_leaks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "reader/output/counted.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::Leak;
using analysis::LeakClass;
using analysis::LeakReport;
using Tone = TextPage::Tone;

bool is_growing(const Leak& leak) { return leak.verdict.leak_class == LeakClass::kGrowing; }
bool has_details(const Leak& leak) {
  return is_growing(leak) || leak.verdict.leak_class == LeakClass::kUnfreedAtExit;
}

std::string rate_text(const Leak& leak) {
  if (!leak.growth) return "";
  const auto& rate = *leak.growth;
  if (rate.low == rate.high) return fmt::format("+{}/s", human_bytes(rate.bytes_per_s));
  return fmt::format("+{}/s [{} .. {}]", human_bytes(rate.bytes_per_s), human_bytes(rate.low),
                     human_bytes(rate.high));
}

std::string survivors_text(const analysis::Survival& survival) {
  constexpr const char* kTitle = "   survivors by birth, eighths of the run";
  if (!survival.uneven) return fmt::format("{}: {}", kTitle, fmt::join(survival.cohorts, " "));
  // The interval changed: numbers of samples would show that, not the leak.
  return fmt::format("{}, in blocks: {:.0f}", kTitle, fmt::join(survival.blocks, " "));
}

// What found no slot in the table of call stacks.
double bytes_without_slot(const LeakReport& report) {
  double bytes = 0;
  for (const Leak& leak : report.leaks) {
    if (leak.sites.front() == 0) bytes += leak.bytes.value;
  }
  return bytes;
}

void put_answer(TextPage& page, const LeakReport& report, const analysis::Resolver& resolver) {
  const uint64_t growing = report.growing();
  const double nameless = bytes_without_slot(report);
  std::string heap =
      fmt::format("{} live in {} after {}", human_bytes(report.live_bytes),
                  counted(report.live_count.value, "block"), human_duration(report.run_s));
  if (report.torn_down_bytes.samples > 0) {
    heap += fmt::format("; {} of it were freed by exit handlers and destructors",
                        human_bytes(report.torn_down_bytes));
  }
  if (growing > 0) {
    const Leak& worst = report.leaks.front();
    page.paragraph(fmt::format("{} leak{}. Worst: {}", growing, growing > 1 ? "s" : "",
                               leak_title(worst, resolver)),
                   2, Tone::kBad);
    page.paragraph(
        fmt::format("How sure: {}: {}.", confidence_text(worst.verdict), evidence_text(worst)), 2);
    page.paragraph("Next: at the frame marked > below, find who should free or bound it.", 2);
  } else if (!report.leaks.empty() &&
             report.leaks.front().verdict.leak_class == LeakClass::kUnfreedAtExit) {
    page.paragraph(fmt::format("No growing leak; {} were not freed when the process exited.",
                               human_bytes(report.unfreed_bytes)),
                   2, Tone::kBold);
    page.paragraph(
        "How sure: exact, every allocation was recorded. Whether these blocks were lost "
        "or just kept to the end, a recording can't tell.",
        2);
    page.paragraph("Next: a leak that matters grows: record a longer or repeated run.", 2);
  } else if (report.run_s < 1) {
    page.paragraph("Too short to tell: leaks show in how blocks survive, and this run took " +
                       human_duration(report.run_s) + ".",
                   2, Tone::kBold);
    page.paragraph("Next: record a longer run, or each allocation: DBGTRACE_SAMPLE=1.", 2);
  } else {
    page.line(nameless > 0 ? "No leak found where the call stack is known." : "No leak found.",
              Tone::kGood);
    // Eight intervals' worth of leak yields three samples or more in 98.6 % of all runs.
    page.paragraph(report.exact
                       ? "How sure: every allocation was recorded."
                       : fmt::format("How sure: with a sample every {}, a leak under {} in total "
                                     "can go unseen.",
                                     human_bytes(static_cast<double>(report.interval_bytes)),
                                     human_bytes(static_cast<double>(report.interval_bytes) * 8)),
                   2);
    page.paragraph(
        "Next: if memory grows all the same, record longer or denser "
        "(DBGTRACE_SAMPLE=64K), or see `dbgtrace memory`.",
        2);
  }
  page.paragraph("Heap: " + heap + ".", 2);
  if (nameless > 0) {
    page.paragraph(fmt::format("The call stacks of {} of it are unknown: the table was full. A "
                               "larger DBGTRACE_SIZE helps.",
                               human_bytes(nameless)),
                   2);
  }
}

void put_details(TextPage& page, size_t number, const Leak& leak,
                 const analysis::Resolver& resolver, ListLimits limits) {
  const analysis::ResolvedStack stack = resolver.resolve(leak.stack);
  page.gap();
  page.line(fmt::format("#{} {} ({} severity, {})", number, name_of(leak.verdict.leak_class),
                        name_of(leak.severity), confidence_text(leak.verdict)),
            Tone::kBold);
  page.paragraph(
      fmt::format("   {}{} in {}, {}{}{}", leak.verdict.freed_at_exit ? "peak " : "",
                  human_bytes(leak.bytes), counted(leak.count, "block"),
                  human_samples(leak.bytes.samples), leak.growth ? "; " : "", rate_text(leak)),
      5);
  page.paragraph(
      fmt::format("   oldest {}; {}", human_duration(leak.oldest_age_s), evidence_text(leak)), 5);
  if (is_growing(leak) && !leak.verdict.freed_at_exit) {
    page.line(survivors_text(leak.survival));
  }
  if (is_growing(leak) && leak.torn_down > 0) {
    page.paragraph(fmt::format("   {} of the {} were freed after exit() began: something still "
                               "held them, as an unbounded cache does",
                               leak.torn_down, human_samples(leak.bytes.samples)),
                   5);
  }
  for (const analysis::FixHint& hint : leak.hints) {
    page.paragraph("   hint: " + hint_text(hint, resolver), 9);
  }
  put_stack(page, stack, limits.frames);
}

const char* explanation_of(LeakClass leak_class) {
  switch (leak_class) {
    case LeakClass::kTooFewSamples:
      return "too few samples to tell";
    case LeakClass::kTooShort:
      return "run too short to tell";
    case LeakClass::kPlateau:
      return "grew, then stopped (cache, pool)";
    case LeakClass::kStartup:
      return "of the start-up, kept";
    default:
      return "";
  }
}

// The rest, one line each under a heading for each class: not leaks, or nothing that can be said.
void put_others(TextPage& page, const LeakReport& report, const analysis::Resolver& resolver,
                ListLimits limits) {
  const char* heading = nullptr;
  size_t shown = 0, left_out = 0;
  const auto close = [&] {
    if (left_out > 0) page.line(fmt::format("  ... {} more", left_out));
    shown = left_out = 0;
  };
  for (const Leak& leak : report.leaks) {
    if (has_details(leak)) continue;
    const char* now = explanation_of(leak.verdict.leak_class);
    if (heading == nullptr || std::strcmp(now, heading) != 0) {
      close();
      page.gap();
      page.line(fmt::format("{}: {}", name_of(leak.verdict.leak_class), now), Tone::kBold);
      heading = now;
    }
    if (limits.entries != 0 && shown >= limits.entries) {
      ++left_out;
      continue;
    }
    ++shown;
    page.line(fmt::format("  {:<34} {:>11}  {}", human_bytes(leak.bytes),
                          human_samples(leak.bytes.samples),
                          title_text(resolver.resolve(leak.stack))));
  }
  close();
}

}  // namespace

std::string evidence_text(const Leak& leak) {
  const analysis::Survival& s = leak.survival;
  if (leak.verdict.by_realloc) {
    return "the number of its blocks stands still, but realloc makes them larger and larger "
           "throughout the run";
  }
  if (leak.verdict.freed_at_exit) {
    return "it grew steadily until the process ended, and only the exit freed it";
  }
  if (!is_growing(leak)) {
    const char* behaviour = explanation_of(leak.verdict.behaviour);
    return fmt::format("every allocation was recorded; these were never freed{}{}",
                       *behaviour == '\0' ? "" : "; ", behaviour);
  }
  return fmt::format("{} live, born throughout the run; of {} that grew older than {}, {} {} freed",
                     human_samples(s.survivors), s.living_old + s.died_old,
                     human_duration(static_cast<double>(s.old_us) / 1e6),
                     s.died_old == 0 ? "none" : std::to_string(s.died_old),
                     s.died_old > 1 ? "were" : "was");
}

std::string hint_text(const analysis::FixHint& hint, const analysis::Resolver& resolver) {
  using analysis::LeakPattern;
  switch (hint.pattern) {
    case LeakPattern::kReallocGrowth:
      return "a buffer that realloc makes larger and larger: empty it, or bound it.";
    case LeakPattern::kFreedAtExit:
      return "something keeps it reachable, and the end of the process freed it: a cache, list or "
             "registry without a bound.";
    case LeakPattern::kContainer:
      return fmt::format(
          "added through {}: find what should erase from that container, or bound it.",
          hint.container);
    case LeakPattern::kNeverFreed:
      return fmt::format("none of {} recorded blocks was ever freed: no path frees them.",
                         human_count(static_cast<double>(hint.samples)));
    case LeakPattern::kFreedOnOnePath:
      return fmt::format(
          "{} of {} recorded blocks were freed, and all {} whose end is known by {}: what leaves "
          "by "
          "another way (an error, an early return) keeps its block.",
          human_count(static_cast<double>(hint.freed)),
          human_count(static_cast<double>(hint.samples)),
          human_count(static_cast<double>(hint.known_frees)),
          title_text(resolver.resolve(hint.stack)));
    case LeakPattern::kFreedSometimes:
      return fmt::format("{} of {} recorded blocks were freed: some path forgets to.",
                         human_count(static_cast<double>(hint.freed)),
                         human_count(static_cast<double>(hint.samples)));
    case LeakPattern::kFreedLate:
      return fmt::format(
          "what is freed had lived for {} or longer: it may be freed too late rather "
          "than never.",
          human_duration(hint.median_age_s));
  }
  return "";
}

void put_suppressed(TextPage& page, const std::vector<analysis::Suppressed>& suppressed) {
  if (suppressed.empty()) return;
  page.gap();
  page.line("Suppressed:", Tone::kBold);
  for (const analysis::Suppressed& one : suppressed) {
    page.line(fmt::format("  {:>10} in {:>6} blocks  leak:{}{}", human_bytes(one.bytes),
                          human_count(one.count), one.by.pattern,
                          one.by.built_in ? " (built in)" : ""));
  }
}

std::string leak_title(const Leak& leak, const analysis::Resolver& resolver) {
  return fmt::format("{} holds {}, {}", title_text(resolver.resolve(leak.stack)),
                     human_bytes(leak.bytes), rate_text(leak));
}

std::string confidence_text(const analysis::Verdict& verdict) {
  if (verdict.confidence >= 1) return "exact";
  const char* word = verdict.confidence >= 0.95  ? "very likely"
                     : verdict.confidence >= 0.8 ? "likely"
                     : verdict.confidence > 0    ? "possible"
                                                 : "undecided";
  if (verdict.confidence <= 0) return word;
  return fmt::format("{} ({:.0f} %)", word, verdict.confidence * 100);
}

void put_leaks(TextPage& page, const analysis::LeakReport& report, const trace::Trace& trace,
               const analysis::Resolver& resolver, ListLimits limits) {
  put_answer(page, report, resolver);
  if ((trace.header.live.flags & ring::kFlagOwnMalloc) != 0) {
    page.paragraph("The executable has its own malloc: its allocations could not be recorded.", 2);
  }
  size_t number = 0, detailed = 0;
  for (const Leak& leak : report.leaks) detailed += has_details(leak) ? 1 : 0;
  for (const Leak& leak : report.leaks) {
    if (!has_details(leak) || (limits.entries != 0 && number >= limits.entries)) continue;
    put_details(page, ++number, leak, resolver, limits);
  }
  if (number < detailed) {
    page.gap();
    page.line(fmt::format("... {} more: --top 0 shows all", detailed - number));
  }
  put_others(page, report, resolver, limits);
  if (report.in_use_sites > 0) {
    page.gap();
    page.line(fmt::format("In ordinary use: {} by {} call stack{}.",
                          human_bytes(report.in_use_bytes), report.in_use_sites,
                          report.in_use_sites == 1 ? "" : "s"));
  }
}

}  // namespace dbgtrace::reader::output
