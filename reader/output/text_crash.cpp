// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_crash.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reader/analysis/kernel_names.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::PostMortem;
using Tone = TextPage::Tone;

void put_heading(TextPage& page, const std::string& text) {
  page.gap();
  page.line(text, Tone::kBold);
}

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
    row("sent by", fmt::format("pid {}, uid {}{}", head.sender_pid, head.sender_uid,
                               report.sender.empty() ? "" : ", " + report.sender));
  }
  if (report.scene.instruction) row("instruction", "\"" + report.scene.instruction->text + "\"");
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

void put_block_stack(TextPage& page, const std::string& heading,
                     const analysis::ResolvedStack& stack, size_t max_frames) {
  if (stack.frames.empty()) return;
  put_heading(page, heading);
  put_stack(page, stack, max_frames);
}

void put_heap(TextPage& page, const PostMortem& report, size_t max_frames) {
  constexpr size_t kShown = 8;
  const analysis::HeapContext& heap = report.heap;
  if (heap.block) {
    put_block_stack(page, "The block was freed by:", heap.block->death, max_frames);
    put_block_stack(page, "The block was allocated by:", heap.block->birth, max_frames);
  }
  if (heap.reached.empty()) return;
  put_heading(page, "Other sampled blocks in reach:");
  for (size_t i = 0; i < std::min(kShown, heap.reached.size()); ++i) {
    const trace::HeapPointer& pointer = heap.reached[i].pointer;
    const auto names = analysis::register_names(report.scene.arch);
    std::string from = "address";
    if (pointer.from == ring::PointerFrom::kRegister) {
      from = pointer.index < names.size() ? names[pointer.index] : "register";
    } else if (pointer.from == ring::PointerFrom::kStackWord) {
      from = fmt::format("sp+{:#x}", uint64_t{pointer.index} * 8);
    }
    page.paragraph(
        fmt::format("  {:<9} {:#x}: {}", from, pointer.value, block_text(heap.reached[i])), 12);
  }
  const size_t more = heap.reached.size() - std::min(kShown, heap.reached.size()) + heap.left_out;
  if (more > 0) page.line(fmt::format("  ... {} more", more));
}

void put_registers(TextPage& page, const PostMortem& report) {
  if (report.registers.empty()) return;
  put_heading(page, "Registers:");
  for (const analysis::RegisterMeaning& meaning : report.registers) {
    const std::string text = meaning_text(meaning);
    page.line(fmt::format("  {:<4} {:#018x}{}{}", meaning.name, meaning.value,
                          text.empty() ? "" : "  ", text));
  }
}

void put_map(TextPage& page, const PostMortem& report, bool whole) {
  constexpr size_t kAround = 2;
  const auto& mappings = report.scene.map.all();
  const auto address = report.scene.fault_address;
  if (mappings.empty() || (!address && !whole)) return;
  size_t place = 0;  // of the first mapping that ends behind the fault
  while (address && place < mappings.size() && mappings[place].end <= *address) ++place;
  const bool inside = address && place < mappings.size() && mappings[place].start <= *address;
  const size_t begin = whole ? 0 : place - std::min(place, kAround);
  const size_t end =
      whole ? mappings.size() : std::min(mappings.size(), place + kAround + (inside ? 1 : 0));
  put_heading(page, whole ? "Memory map:" : "Memory map around the address:");
  const auto mark = [&] {
    page.line(fmt::format("--> {:#014x}  {}", *address, inside ? "" : "nothing is mapped here"),
              Tone::kBad);
  };
  for (size_t i = begin; i < end; ++i) {
    if (address && i == place) mark();
    const analysis::Mapping& mapping = mappings[i];
    page.line(fmt::format("    {:#014x}-{:#014x} {} {:>9}{}{}", mapping.start, mapping.end,
                          mapping.permissions(), human_bytes(static_cast<double>(mapping.size())),
                          mapping.path.empty() ? "" : "  ", mapping.path),
              inside && i == place ? Tone::kBold : Tone::kPlain);
  }
  if (address && place == end) mark();
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
  put_heading(page, fmt::format("{} other thread{}{}:", crash.threads.size(),
                                crash.threads.size() == 1 ? "" : "s",
                                report.threads.size() == crash.threads.size()
                                    ? ""
                                    : fmt::format(", {} different stacks", report.threads.size())));
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
        fmt::format("{} {}, by the program's own handler; the last at {:#x}", fault.count,
                    analysis::signal_name(static_cast<int>(fault.signal)), fault.last_pc));
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

void put_crash_groups(TextPage& page, const std::vector<analysis::CrashGroup>& groups,
                      size_t recordings, const ListLimits& limits) {
  size_t crashes = 0;
  for (const analysis::CrashGroup& group : groups) crashes += group.crashes.size();
  if (groups.empty()) {
    page.line(fmt::format("No crash in {} recording{}.", recordings, recordings == 1 ? "" : "s"),
              Tone::kGood);
    return;
  }
  page.paragraph(
      fmt::format("{} crash{} in {} recording{}, {} different.", crashes, crashes == 1 ? "" : "es",
                  recordings, recordings == 1 ? "" : "s", groups.size()),
      2, Tone::kBad);
  const size_t shown =
      limits.entries == 0 ? groups.size() : std::min(limits.entries, groups.size());
  for (size_t i = 0; i < shown; ++i) {
    const analysis::CrashGroup& group = groups[i];
    const analysis::CrashEntry& best = group.best();
    page.gap();
    page.line(fmt::format("#{} {} time{}: {}", i + 1, group.crashes.size(),
                          group.crashes.size() == 1 ? "" : "s", group.crashes.front().signature),
              Tone::kBold);
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

}  // namespace dbgtrace::reader::output
