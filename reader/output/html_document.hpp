// SPDX-License-Identifier: Apache-2.0
// What the page shows, as the document that is embedded in it: "dbgtrace.html/1", in columns, since
// a recording may have 100,000 call stacks. The page's side of it is reader/web/src/recording.js.
#pragma once

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/analysis/recording_info.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/output/json_documents.hpp"

namespace dbgtrace::reader::output {

struct PageContents {
  const trace::Trace& trace;
  const analysis::RecordingInfo& info;
  const analysis::LeakReport& leaks;
  const analysis::MemoryReport& memory;  // its first max_sites sites are shown
  const analysis::PostMortem* crash;     // null if there is none
  const analysis::Resolver& resolver;
  size_t max_sites;
};

Json html_document(const PageContents& contents);

}  // namespace dbgtrace::reader::output
