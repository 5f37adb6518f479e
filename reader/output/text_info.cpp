// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_info.hpp"

#include <fmt/format.h>

#include "reader/analysis/signal_name.hpp"
#include "reader/output/counted.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::output {

using analysis::RecordingInfo;

std::string density_text(const RecordingInfo& info) {
  if (info.own_malloc) return "none: the executable has its own malloc";
  if (info.exact) return "every allocation";
  if (info.interval_bytes == 0) return "off";
  std::string text =
      fmt::format("one every {}", human_bytes(static_cast<double>(info.interval_bytes)));
  if (info.base_interval_bytes != info.interval_bytes) {
    text +=
        fmt::format(" (asked for: {})", human_bytes(static_cast<double>(info.base_interval_bytes)));
  }
  if (info.exact_until_s > 0) {
    text += fmt::format("; every allocation in the first {}", human_duration(info.exact_until_s));
  }
  return text;
}

namespace {

const char* name_of_cause(uint32_t cause) {
  switch (static_cast<ring::IntervalCause>(cause)) {
    case ring::IntervalCause::kTable:
      return "many live blocks";
    case ring::IntervalCause::kBudget:
      return "DBGTRACE_BUDGET";
  }
  return "unknown cause";
}

}  // namespace

std::string status_text(const analysis::ProcessState& state) {
  if (state.status() == state.code) return fmt::format("{}", *state.code);
  return fmt::format("{} (exit({}))", *state.status(), *state.code);
}

std::string state_text(const analysis::ProcessState& state) {
  if (state.code && state.signal) {
    return fmt::format("{} {} inside its own handler of {} (see `dbgtrace crash`)",
                       name_of(state.kind), status_text(state),
                       analysis::signal_name(*state.signal));
  }
  if (state.code) return fmt::format("{} {}", name_of(state.kind), status_text(state));
  if (state.signal)
    return fmt::format("{} by {}", name_of(state.kind), analysis::signal_name(*state.signal));
  return name_of(state.kind);
}

void put_info(TextPage& page, const RecordingInfo& info, const std::string& path) {
  const auto row = [&page](const char* name, const std::string& value) {
    page.paragraph(fmt::format("{:<10} {}", name, value), 11);
  };
  page.paragraph(fmt::format("{}: {} (pid {}), {}, {}", path, info.exe, info.pid,
                             state_text(info.state), human_duration(info.run_s)),
                 2, TextPage::Tone::kBold);
  row("command", fmt::format("{}", fmt::join(info.cmdline, " ")));
  if (info.parent_pid != 0) {
    row("forked", fmt::format("from pid {}, the nearest process before it that was recorded",
                              info.parent_pid));
  }
  row("host", info.host);
  const bool ended = info.state.kind == analysis::StateKind::kExited ||
                     info.state.kind == analysis::StateKind::kCrashed ||
                     info.state.kind == analysis::StateKind::kExec;
  row("window", fmt::format("{} to {}{}", human_date(info.start_unix), human_date(info.end_unix),
                            ended ? "" : " (the newest sample)"));
  row("state", *info.state.reason == '\0'
                   ? state_text(info.state)
                   : fmt::format("{}: {}", state_text(info.state), info.state.reason));
  row("samples", density_text(info));
  for (const trace::IntervalChange& change : info.interval_changes) {
    row("", fmt::format("one every {} from {} on ({})",
                        human_bytes(static_cast<double>(change.interval_bytes)),
                        human_duration(static_cast<double>(change.time_us) / 1e6),
                        name_of_cause(change.cause)));
  }
  const auto number = [](uint64_t count, const char* what) {
    return counted(static_cast<double>(count), what);
  };
  row("counts", fmt::format("{}, {} freed, {} live; {}, {}, {}, {}", human_samples(info.samples),
                            human_count(static_cast<double>(info.frees)),
                            human_count(static_cast<double>(info.live)), number(info.sites, "site"),
                            number(info.stacks, "stack"), number(info.modules, "module"),
                            number(info.threads, "thread")));
  if (info.torn_down > 0) {
    row("teardown", fmt::format("{} of the live ones were freed after exit() began, by exit "
                                "handlers and destructors",
                                human_count(static_cast<double>(info.torn_down))));
  }
  if (info.sandboxed) row("sandbox", "the program entered one: no system calls since");
  for (const analysis::Loss& loss : info.losses) {
    if (!loss.forgets_by_design || loss.count == 0) continue;
    row("history", loss_text(loss));
  }
  if (info.torn_events > 0) {
    row("history", fmt::format("{} event{} left unfinished by threads that were stopped while they "
                               "wrote",
                               info.torn_events, info.torn_events == 1 ? "" : "s"));
  }
  const std::string size = human_bytes(static_cast<double>(info.file_bytes));
  row("file", info.disk_bytes < info.file_bytes
                  ? fmt::format("{}, of which {} on disk", size,
                                human_bytes(static_cast<double>(info.disk_bytes)))
                  : size);
  row("recorder", fmt::format("{} of CPU in {} entries, at most {} of memory, {} system calls",
                              human_duration(info.recorder_cpu_s),
                              human_count(static_cast<double>(info.recorder_entries)),
                              human_bytes(static_cast<double>(info.recorder_rss_bytes)),
                              human_count(static_cast<double>(info.recorder_system_calls))));
}

}  // namespace dbgtrace::reader::output
