// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_crash.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reader/analysis/kernel_names.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_crash_memory.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::PostMortem;
using Tone = TextPage::Tone;

void put_answer(TextPage& page, const PostMortem& report) {
  const trace::Crash& crash = *report.scene.crash;
  page.paragraph(fmt::format("CRASH  {}, {}", summary_text(report),
                             thread_text(crash.head.tid, crash.head.thread_name)),
                 2, Tone::kBad);
  if (!report.message.empty()) page.paragraph("Message: " + report.message, 2);
  const std::string heap = heap_text(report);
  if (!heap.empty()) page.paragraph("Heap: " + heap, 2);
  page.paragraph(fmt::format("How sure: {}: {}.", confidence_text(report.verdict.confidence),
                             fmt::join(report.verdict.evidence, "; ")),
                 2);
  page.paragraph("Next: " + advice_text(report), 2);
}

void put_process(TextPage& page, const PostMortem& report, const trace::Trace& trace) {
  const ring::CrashHead& head = report.scene.crash->head;
  page.gap();
  const auto row = [&page](const char* name, const std::string& value) {
    page.paragraph(fmt::format("{:<11} {}", name, value), 12);
  };
  row("process", fmt::format("{} (pid {}), {} after its start, {}", trace.header.exe,
                             head.pid != 0 ? head.pid : trace.header.pid,
                             human_duration(report.time_s), human_date(report.time_unix)));
  if ((head.flags & ring::kCrashInVforkChild) != 0) {
    row("", "a vfork child of the recorded process, which itself went on");
  }
  row("signature", report.signature);
  if (report.scene.sent && !report.scene.by_itself) {
    row("sent by",
        fmt::format("pid {}, uid {}{}", head.sender_pid, head.sender_uid,
                    report.sender.empty() ? "" : fmt::format(" (\"{}\")", report.sender)));
  }
  if (report.scene.instruction && !report.scene.sent) {
    row("instruction", "\"" + report.scene.instruction->text + "\"");
  }
  if ((head.flags & ring::kCrashInHandler) != 0) {
    row("handler", "the process ended inside its own handler of this signal");
  }
  if (!report.complete) row("record", "unfinished: the process was gone before all was written");
}

void put_source(TextPage& page, const PostMortem& report) {
  const analysis::SourceLines& source = report.source;
  if (source.lines.empty()) return;
  put_heading(page, source.path + (source.newer ? " (changed since the program was built)" : ""));
  const unsigned marked = report.title_frame()->line;
  for (size_t i = 0; i < source.lines.size(); ++i) {
    const unsigned number = source.first + static_cast<unsigned>(i);
    std::string text = source.lines[i];
    for (size_t tab = text.find('\t'); tab != std::string::npos; tab = text.find('\t')) {
      text.replace(tab, 1, "    ");
    }
    page.line(fmt::format("  {} {:>5}  {}", number == marked ? "-->" : "   ", number, text),
              number == marked ? Tone::kBold : Tone::kPlain);
  }
}

void put_crashed_thread(TextPage& page, const PostMortem& report, size_t max_frames) {
  const trace::Crash& crash = *report.scene.crash;
  put_heading(page,
              fmt::format("Stack of {}:", thread_text(crash.head.tid, crash.head.thread_name)));
  analysis::ResolvedStack stack = report.scene.stack;
  stack.title = report.title;
  put_stack(page, stack, max_frames);
  if (crash.from_call_site) {
    page.line("      (the first address is no code; what follows was found on top of the stack)");
  }
  switch (crash.stack_end) {
    case ring::StackEnd::kContradiction:
      page.line("      (further up the stack is overwritten)");
      break;
    case ring::StackEnd::kUnreadable:
      page.line("      (further up the stack can't be read)");
      break;
    default:
      break;
  }
}

std::string group_title(const PostMortem& report, const analysis::ThreadGroup& group) {
  const trace::CrashThread& first = report.scene.crash->threads[group.threads.front()];
  std::string text = group.threads.size() == 1
                         ? thread_text(first.tid, first.name)
                         : fmt::format("{} threads, as {}", group.threads.size(),
                                       thread_text(first.tid, first.name));
  if (first.system_call) {
    text += ", in " + analysis::system_call_name(report.scene.arch, *first.system_call);
  }
  if (group.source == ring::ThreadSource::kLastSample) {
    text += ": it did not answer; where its last sample was taken";
  } else if (group.source != ring::ThreadSource::kSignal) {
    text += ": no stack";
  }
  return text;
}

void put_threads(TextPage& page, const PostMortem& report, const ListLimits& limits) {
  if (report.threads.empty()) return;
  const trace::Crash& crash = *report.scene.crash;
  std::string stacks;
  if (report.threads.size() != crash.threads.size()) {
    stacks = report.threads.size() == 1
                 ? ", all with one stack"
                 : fmt::format(", {} different stacks", report.threads.size());
  }
  put_heading(page, fmt::format("{} other thread{}{}:", crash.threads.size(),
                                crash.threads.size() == 1 ? "" : "s", stacks));
  const size_t shown =
      limits.entries == 0 ? report.threads.size() : std::min(limits.entries, report.threads.size());
  for (size_t i = 0; i < shown; ++i) {
    const analysis::ThreadGroup& group = report.threads[i];
    page.line("  " + group_title(report, group));
    if (!group.stack.frames.empty()) put_stack(page, group.stack, limits.frames);
  }
  if (shown < report.threads.size()) {
    page.line(fmt::format("  ... {} more: --top 0 shows all", report.threads.size() - shown));
  }
}

void put_minor(TextPage& page, const trace::Trace& trace) {
  const trace::BlackBox& box = trace.black_box;
  if (box.minor.empty()) return;
  put_heading(page, "Other threads crashed at the same time:");
  for (const ring::MinorCrash& minor : box.minor) {
    page.line(fmt::format("  thread {}: {} ({}) at {:#x}, address {:#x}", minor.tid,
                          analysis::signal_name(minor.signal),
                          analysis::signal_code_name(minor.signal, minor.code), minor.pc,
                          minor.fault_address));
  }
  if (box.minor_lost > 0) page.line(fmt::format("  ... and {} more", box.minor_lost));
}

void put_shortages(TextPage& page, const PostMortem& report, const trace::Trace& trace) {
  const analysis::ProcessFacts& facts = report.process;
  put_heading(page, "The process at its end:");
  const auto row = [&page](const char* name, const std::string& value) {
    page.paragraph(fmt::format("  {:<11} {}", name, value), 14);
  };
  const auto bytes = [](uint64_t value) { return human_bytes(static_cast<double>(value)); };
  row("heap", fmt::format("{}{} live, {}{} at its peak", report.heap.exact ? "" : "~",
                          bytes(report.live_bytes), report.heap.exact ? "" : "~",
                          bytes(report.peak_live_bytes)));
  if (facts.resident_bytes) {
    row("memory",
        fmt::format("{} resident{}", bytes(*facts.resident_bytes),
                    facts.virtual_bytes ? ", " + bytes(*facts.virtual_bytes) + " mapped" : ""));
  }
  if (facts.cgroup.limit) {
    const double share =
        facts.cgroup.current && *facts.cgroup.limit > 0
            ? static_cast<double>(*facts.cgroup.current) / static_cast<double>(*facts.cgroup.limit)
            : 0;
    row("cgroup",
        fmt::format("limit {}{}", bytes(*facts.cgroup.limit),
                    facts.cgroup.current ? fmt::format(", {:.0f} % used", share * 100) : ""));
  }
  if (facts.descriptors) {
    row("descriptors", facts.descriptor_limit ? fmt::format("{} open, limit {}", *facts.descriptors,
                                                            *facts.descriptor_limit)
                                              : fmt::format("{} open", *facts.descriptors));
  }
  for (const ring::HandledFault& fault : trace.black_box.handled) {
    row("handled",
        fmt::format("{} {}, by the program's own handler; the last {} before", fault.count,
                    analysis::signal_name(static_cast<int>(fault.signal)),
                    human_duration(report.time_s - static_cast<double>(fault.last_us) / 1e6)));
  }
  if (!facts.system.empty()) row("system", facts.system);
}

}  // namespace

void put_crash(TextPage& page, const PostMortem& report, const trace::Trace& trace,
               const CrashDetails& details) {
  put_answer(page, report);
  put_process(page, report, trace);
  put_source(page, report);
  put_crashed_thread(page, report, details.limits.frames);
  put_heap(page, report, details.limits.frames);
  put_registers(page, report);
  put_map(page, report, details.whole_map);
  put_threads(page, report, details.limits);
  put_minor(page, trace);
  put_shortages(page, report, trace);
}

}  // namespace dbgtrace::reader::output
