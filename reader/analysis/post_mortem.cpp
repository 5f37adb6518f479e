// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/post_mortem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reader/analysis/crash_signature.hpp"
#include "reader/analysis/kernel_names.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr unsigned kLinesAround = 3;

std::string message_of(const CrashScene& scene) {
  if (!scene.abort_message.empty()) return scene.abort_message;
  if (scene.exception_type.empty()) return "";
  return scene.exception_what.empty() ? scene.exception_type
                                      : scene.exception_type + ": " + scene.exception_what;
}

// Execution stands where no code is: its caller is the one that matters.
bool stands_on_no_code(const CrashScene& scene) {
  return scene.access == Access::kExecute && !scene.address_computed &&
         scene.fault_address == scene.pc && scene.crash_frame + 1 < scene.stack.frames.size();
}

void name_crash(PostMortem& report) {
  const CrashScene& scene = report.scene;
  const auto& frames = scene.stack.frames;
  if (report.verdict.crash_class == CrashClass::kStackOverflow) {
    report.title = recursion_title(frames);
    report.signature = recursion_signature(frames);
  } else if (stands_on_no_code(scene)) {
    report.title = crash_title(frames, scene.crash_frame + 1);
    report.signature = "(no code) | " + crash_signature(frames, scene.crash_frame + 1);
  } else {
    report.title = crash_title(frames, scene.crash_frame);
    report.signature = crash_signature(frames, scene.crash_frame);
  }
  // One place can be hit by many bugs, above all where there are no symbols of what was inlined.
  report.signature =
      bounded_signature(fmt::format("{} {} | {}", signal_name(scene.signal),
                                    name_of(report.verdict.crash_class), report.signature));
  report.signature_id = signature_id(report.signature);
}

}  // namespace

std::string executable_build_id(const trace::Trace& trace) {
  for (const trace::Module& module : trace.modules) {
    if (module.path == trace.header.exe) return module.build_id;
  }
  return "";
}

std::optional<PostMortem> examine(const trace::Trace& trace, const Resolver& resolver,
                                  const std::string& source_root) {
  if (!trace.black_box.crash) return std::nullopt;
  PostMortem report;
  report.scene = scene_of(trace, resolver);
  const CrashScene& scene = report.scene;
  report.verdict = classify(scene);
  name_crash(report);
  report.message = message_of(scene);
  report.heap = heap_context(trace, scene, report.verdict, resolver);
  report.registers = map_registers(trace, scene, resolver);
  report.threads = group_threads(*scene.crash, resolver);
  if (const symbols::Frame* frame = report.title_frame()) {
    report.source = source_around(*frame, source_root, kLinesAround);
  }
  report.process = process_facts(trace.black_box);
  report.time_s = static_cast<double>(scene.crash->head.time_us) / 1e6;
  report.time_unix = static_cast<double>(trace.header.start_unix_ns) / 1e9 + report.time_s;
  report.live_bytes = trace.header.live.live_bytes;
  report.peak_live_bytes = std::max(trace.header.live.peak_live_bytes, report.live_bytes);
  report.build_id = executable_build_id(trace);
  report.sender = trace.black_box.text(ring::TextKind::kSenderName);
  report.sender.resize(std::min(report.sender.size(), report.sender.find('\n')));
  report.complete = scene.crash->finished == ring::CrashStep::kDone;
  return report;
}

}  // namespace dbgtrace::reader::analysis
