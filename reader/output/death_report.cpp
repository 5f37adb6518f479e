// SPDX-License-Identifier: Apache-2.0
#include "reader/output/death_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "reader/analysis/kernel_names.hpp"
#include "reader/analysis/leaks.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_info.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::Death;
using analysis::VanishedBy;
using Tone = TextPage::Tone;

std::string guess_of(const Death& death) {
  switch (death.vanished_by) {
    case VanishedBy::kProbablyOutOfMemory:
      return "killed by the kernel for want of memory";
    case VanishedBy::kPerhapsOutOfMemory:
      return "killed, perhaps by the kernel for want of memory";
    case VanishedBy::kSomething: {
      std::string guess;
      if (death.last_fault) {
        guess = fmt::format("an end by its own handler of {}, as Go's; else ",
                            analysis::signal_name(static_cast<int>(death.last_fault->signal)));
      }
      guess +=
          "a signal that leaves none, as SIGTERM, SIGINT, SIGHUP (somebody stopped it) or SIGKILL, "
          "out of memory, ";
      if (death.sandboxed) guess += "a refused system call (seccomp), ";
      return guess + "or the machine stopped";
    }
    case VanishedBy::kNotVanished:
      break;
  }
  return "";
}

// "SIGSEGV at 0x18 in f (file.c:1)".
std::string fault_text(const ring::HandledFault& fault, const analysis::Resolver& resolver) {
  const symbols::Frame frame = resolver.at(fault.last_pc, fault.last_us);
  const std::string place = place_text(frame);
  return fmt::format("{} at {:#x} in {}{}", analysis::signal_name(static_cast<int>(fault.signal)),
                     fault.last_address, function_text(frame),
                     place.empty() ? "" : " (" + place + ")");
}

std::vector<std::string> facts_of(const Death& death, const analysis::Resolver& resolver) {
  std::vector<std::string> facts;
  const auto bytes = [](double value) { return human_bytes(value); };
  if (death.last_fault) {
    facts.push_back("the last that it did was a " + fault_text(*death.last_fault, resolver));
  }
  if (death.kills && *death.kills > 0) {
    facts.push_back(fmt::format("its cgroup's oom_kill rose by {}", *death.kills));
  } else if (death.kills) {
    facts.emplace_back("its cgroup counts no oom_kill since the start");
  }
  if (death.limit_was_met) {
    facts.push_back(fmt::format("the memory of its cgroup reached the limit of {}",
                                bytes(static_cast<double>(*death.limit_bytes))));
  }
  if (death.last_rss_bytes && death.share_of_limit() > 0) {
    facts.push_back(fmt::format("its memory was at {:.0f} % of the limit of {}",
                                death.share_of_limit() * 100,
                                bytes(static_cast<double>(*death.limit_bytes))));
  } else if (death.last_rss_bytes) {
    facts.push_back(fmt::format("its last resident size was {}",
                                bytes(static_cast<double>(*death.last_rss_bytes))));
  }
  if (death.growth_bytes_per_s) {
    facts.push_back(fmt::format("growing {}/s at {}", bytes(*death.growth_bytes_per_s),
                                title_text(resolver.resolve(death.growth_stack))));
  } else if (death.rss_bytes_per_s && *death.rss_bytes_per_s > 4096) {
    facts.push_back(fmt::format("growing {}/s at the end", bytes(*death.rss_bytes_per_s)));
  }
  return facts;
}

std::string end_text(const Death& death) {
  switch (death.state.kind) {
    case analysis::StateKind::kExited:
      if (death.state.code) return "exited with status " + status_text(death.state);
      break;
    case analysis::StateKind::kRunning:
      return "is running";
    case analysis::StateKind::kExec:
      return "became another program (exec)";
    case analysis::StateKind::kDetached:
      return "was detached from, and went on unrecorded";
    case analysis::StateKind::kCrashed:
      return "crashed, but the record of it is lost";
    default:
      break;
  }
  return std::string("is in a state that can't be told: ") + death.state.reason;
}

const char* advice_of(const Death& death) {
  if (death.last_fault) {
    return "Next: read what the program printed last: a runtime that handles its faults reports "
           "them itself.";
  }
  if (death.growth_bytes_per_s) {
    return "Next: `dbgtrace leaks` on this recording; the kernel's log (dmesg) names what it "
           "killed.";
  }
  return "Next: the kernel's log (dmesg, journalctl -k) names what it killed; else ask who sends "
         "SIGKILL.";
}

void put_vanished(TextPage& page, const Death& death, const analysis::Resolver& resolver) {
  page.paragraph("VANISHED  without a crash record: " + guess_of(death) + ".", 2, Tone::kBad);
  const auto facts = facts_of(death, resolver);
  if (!facts.empty()) page.paragraph(fmt::format("Known: {}.", fmt::join(facts, "; ")), 2);
  page.paragraph(fmt::format("How sure: {}; its last sign of life came {} after the start.",
                             confidence_text(death.confidence), human_duration(death.last_sign_s)),
                 2);
  page.paragraph(advice_of(death), 2);
}

}  // namespace

std::string death_text(const Death& death, const analysis::Resolver& resolver) {
  if (death.vanished_by == VanishedBy::kNotVanished) return "";
  std::string text = "vanished: " + guess_of(death);
  for (const std::string& fact : facts_of(death, resolver)) text += "; " + fact;
  return text;
}

void put_death(TextPage& page, const Death& death, const trace::Trace& trace,
               const analysis::Resolver& resolver) {
  if (analysis::is_cut(trace)) {
    page.paragraph(
        fmt::format("DAMAGED  the file is cut: {} of {} are there; a crash record would be in the "
                    "missing part.",
                    human_bytes(static_cast<double>(trace.file_bytes)),
                    human_bytes(static_cast<double>(trace.header.file_bytes))),
        2, Tone::kBad);
  } else if (!trace.black_box.present) {
    page.paragraph("Crashes were not recorded in this file (DBGTRACE_CRASH=0).", 2);
  }
  if (death.vanished_by != VanishedBy::kNotVanished) {
    put_vanished(page, death, resolver);
  } else {
    const bool unclear = death.state.kind == analysis::StateKind::kCrashed ||
                         death.state.kind == analysis::StateKind::kUnknown || death.last_fault;
    page.line(fmt::format("No crash{}: the process {}.", unclear ? " record" : "", end_text(death)),
              unclear ? Tone::kBad : Tone::kGood);
    if (death.last_fault) {
      page.paragraph("Shortly before, its own handler was given a " +
                         fault_text(*death.last_fault, resolver) + ": perhaps why it ended.",
                     2);
    }
  }
  for (const ring::HandledFault& fault : trace.black_box.handled) {
    page.paragraph(
        fmt::format("Handled: {} {} by the program's own handler, the last {} before the end.",
                    fault.count, analysis::signal_name(static_cast<int>(fault.signal)),
                    human_duration(death.last_sign_s - static_cast<double>(fault.last_us) / 1e6)),
        2);
  }
}

Json json_death(const Death& death, const analysis::Resolver& resolver) {
  Json json = {{"state", json_state(death.state)}, {"last_t", death.last_sign_s}};
  if (death.vanished_by != VanishedBy::kNotVanished) {
    json["class"] = death.vanished_by == VanishedBy::kSomething ? "unknown" : "out-of-memory";
    json["confidence"] = death.confidence;
    json["summary"] = death_text(death, resolver);
  }
  if (death.last_fault) {
    const ring::HandledFault& fault = *death.last_fault;
    analysis::ResolvedStack place;
    place.frames = {resolver.at(fault.last_pc, fault.last_us)};
    json["last_fault"] = {{"signal", analysis::signal_name(static_cast<int>(fault.signal))},
                          {"fault_address", hex(fault.last_address)},
                          {"t", static_cast<double>(fault.last_us) / 1e6},
                          {"stack", json_stack(place)}};
  }
  if (death.kills) json["oom_kills"] = *death.kills;
  if (death.limit_bytes) json["memory_limit"] = *death.limit_bytes;
  if (death.last_rss_bytes) json["rss_bytes"] = *death.last_rss_bytes;
  if (death.rss_bytes_per_s) json["rss_growth_bytes_per_s"] = *death.rss_bytes_per_s;
  if (death.growth_bytes_per_s) {
    json["growth_bytes_per_s"] = *death.growth_bytes_per_s;
    json["growth_stack"] = json_stack(resolver.resolve(death.growth_stack));
  }
  return json;
}

}  // namespace dbgtrace::reader::output
