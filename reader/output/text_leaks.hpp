// SPDX-License-Identifier: Apache-2.0
// The leak report for people. Its first lines answer what leaks, where, how sure that is and what
// to do next; the evidence follows.
#pragma once

#include <string>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/analysis/suppressions.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

struct ListLimits {
  size_t entries = 10;  // 0: all
  size_t frames = 12;   // of a stack, 0: all
};

void put_leaks(TextPage& page, const analysis::LeakReport& report, const trace::Trace& trace,
               const analysis::Resolver& resolver, ListLimits limits);

// One line each: what was left out on demand.
void put_suppressed(TextPage& page, const std::vector<analysis::Suppressed>& suppressed);

// "open (session.cpp:40) holds ~14.5 MiB, +5.2 MiB/s".
std::string leak_title(const analysis::Leak& leak, const analysis::Resolver& resolver);
// Why the verdict is what it is, from the same figures; a clause.
std::string evidence_text(const analysis::Leak& leak);
// What the blocks' pattern says about the mistake, with its evidence; a sentence.
std::string hint_text(const analysis::FixHint& hint, const analysis::Resolver& resolver);
// "certain", "very likely (98 %)", "likely (93 %)", "possible (70 %)".
std::string confidence_text(const analysis::Verdict& verdict);

}  // namespace dbgtrace::reader::output
