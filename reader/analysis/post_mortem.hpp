// SPDX-License-Identifier: Apache-2.0
// Everything that can be said about one crash, as plain values: the report of `dbgtrace crash`, in
// every form that it is printed in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/crash_class.hpp"
#include "reader/analysis/heap_context.hpp"
#include "reader/analysis/process_facts.hpp"
#include "reader/analysis/register_map.hpp"
#include "reader/analysis/source_lines.hpp"
#include "reader/analysis/thread_groups.hpp"

namespace dbgtrace::reader::analysis {

struct PostMortem {
  CrashScene scene;
  CrashVerdict verdict;
  size_t title = 0;  // index in scene.stack.frames: where to look first
  std::string signature, signature_id;
  std::string message;  // of an abort, an assertion, an exception; may be empty
  HeapContext heap;
  std::vector<RegisterMeaning> registers;
  std::vector<ThreadGroup> threads;
  SourceLines source;
  ProcessFacts process;
  double time_s = 0;     // since the start
  double time_unix = 0;  // of the crash
  uint64_t live_bytes = 0, peak_live_bytes = 0;
  std::string build_id;   // of the executable
  std::string sender;     // name of the process that sent the signal
  bool complete = false;  // the record was finished

  const symbols::Frame* title_frame() const {
    return title < scene.stack.frames.size() ? &scene.stack.frames[title] : nullptr;
  }
};

// None if the recording has no crash. The trace must outlive the result.
std::optional<PostMortem> examine(const trace::Trace& trace, const Resolver& resolver,
                                  const std::string& source_root);

// Of the executable, from the modules; may be empty.
std::string executable_build_id(const trace::Trace& trace);

}  // namespace dbgtrace::reader::analysis
