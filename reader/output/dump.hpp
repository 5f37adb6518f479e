// SPDX-License-Identifier: Apache-2.0
// The records of a recording as they are, one a line, for scripts and for those who doubt a report:
// `kind key=value ...`. Nothing is estimated, merged or named by symbols.
#pragma once

#include <string>

#include "reader/output/json_documents.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::output {

struct DumpParts {
  bool header = true, modules = true, threads = true, stacks = true, sites = true, series = true,
       events = true, live = true, freed = true;
};

std::string dump_text(const trace::Trace& trace, const DumpParts& parts);
// The events, and with parts.live the living blocks as records of kind "live", with parts.freed the
// newest frees as records of kind "freed".
Json dump_json(const trace::Trace& trace, const DumpParts& parts);

const char* name_of(ring::EventKind kind);  // "thread-start"

}  // namespace dbgtrace::reader::output
