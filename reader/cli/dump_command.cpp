// SPDX-License-Identifier: Apache-2.0
// `dbgtrace dump`: the records of a recording, one a line.
#include <memory>
#include <optional>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/dump.hpp"
#include "reader/trace/event_stream.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct DumpOptions {
  ReportOptions report;
  output::DumpParts only{false, false, false, false, false, false, false, false, false};
};

bool names_a_part(const output::DumpParts& parts) {
  return parts.header || parts.modules || parts.threads || parts.stacks || parts.sites ||
         parts.series || parts.events || parts.live || parts.freed;
}

int dump(DumpOptions& options) {
  const bool some = names_a_part(options.only);
  output::DumpParts parts = some ? options.only : output::DumpParts{};
  auto recording = open_whole_recording(options.report);
  if (!recording) return kFailed;
  trace::Trace& trace = recording->trace;
  std::optional<trace::EventStream> events;
  if (parts.events) events.emplace(recording->image.bytes(), trace);
  output::Sink sink(options.report.result_file);
  if (options.report.json) {
    // As JSON the records are the history; living blocks are among them if they are asked for.
    parts.live = some && parts.live;
    parts.freed = some && parts.freed;
    output::dump_json(sink, trace, events ? &*events : nullptr, parts);
  } else {
    output::dump_text(sink, trace, events ? &*events : nullptr, parts);
  }
  return delivered(sink.finish(), trace);
}

}  // namespace

Action prepare_dump(CLI::App& command) {
  auto options = std::make_shared<DumpOptions>();
  add_file_option(command, options->report);
  add_result_options(command, options->report);
  output::DumpParts& only = options->only;
  command.add_flag("--header", only.header, "only the header, and what else is named");
  command.add_flag("--modules", only.modules, "only the modules, ...");
  command.add_flag("--threads", only.threads, "only the threads, ...");
  command.add_flag("--stacks", only.stacks, "only the call stacks, ...");
  command.add_flag("--sites", only.sites, "only the sites and their series, ...");
  command.add_flag("--series", only.series, "only the series of the process, ...");
  command.add_flag("--events", only.events, "only the history, ...");
  command.add_flag("--live", only.live, "only the living blocks, ...");
  command.add_flag("--freed", only.freed, "only the blocks that were freed last, ...");
  return [options](const Words&) { return dump(*options); };
}

}  // namespace dbgtrace::reader::cli
