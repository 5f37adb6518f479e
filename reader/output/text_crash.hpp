// SPDX-License-Identifier: Apache-2.0
// The post-mortem for people. Its first lines answer what happened, where, how sure that is and
// what to do next; the evidence follows, the most telling first.
#pragma once

#include "reader/analysis/crash_groups.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

struct CrashDetails {
  ListLimits limits;
  bool whole_map = false;  // every line of the memory map, not only those around the fault
};

void put_crash(TextPage& page, const analysis::PostMortem& report, const trace::Trace& trace,
               const CrashDetails& details);

// A process that left no crash record and did not end itself.
struct Vanished {
  std::string file;
  std::string summary;
};

// Of many recordings: each bug once.
void put_crash_groups(TextPage& page, const std::vector<analysis::CrashGroup>& groups,
                      size_t recordings, const ListLimits& limits);
void put_vanished(TextPage& page, const std::vector<Vanished>& vanished, const ListLimits& limits);

}  // namespace dbgtrace::reader::output
