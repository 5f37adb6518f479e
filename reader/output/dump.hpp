// SPDX-License-Identifier: Apache-2.0
// The records of a recording as they are, one a line, for scripts and for those who doubt a report:
// `kind key=value ...`, or JSON. Nothing is estimated, merged or named by symbols. Written piece by
// piece: a history may be many times as large as its file.
#pragma once

#include <string>

#include "reader/output/json_documents.hpp"
#include "reader/output/sink.hpp"
#include "reader/trace/event_stream.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::output {

struct DumpParts {
  bool header = true, modules = true, threads = true, stacks = true, sites = true, series = true,
       events = true, live = true, freed = true;
};

// events is read to its end; null: none are wanted.
void dump_text(Sink& sink, const trace::Trace& trace, trace::EventStream* events,
               const DumpParts& parts);
// The events, and with parts.live the living blocks as records of kind "live", with parts.freed the
// newest frees as records of kind "freed".
void dump_json(Sink& sink, const trace::Trace& trace, trace::EventStream* events,
               const DumpParts& parts);

const char* name_of(ring::EventKind kind);   // "thread-start"
const char* name_of(ring::LiveState state);  // "torn-down"

}  // namespace dbgtrace::reader::output
