// SPDX-License-Identifier: Apache-2.0
// The parts of a post-mortem that show memory: the heap blocks that the crash has to do with, what
// the registers mean, and the map around the address.
#pragma once

#include <string>

#include "reader/analysis/post_mortem.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

void put_heap(TextPage& page, const analysis::PostMortem& report, size_t max_frames);
void put_registers(TextPage& page, const analysis::PostMortem& report);
// whole: all of it, not the surroundings of the address alone.
void put_map(TextPage& page, const analysis::PostMortem& report, bool whole);

inline void put_heading(TextPage& page, const std::string& text) {
  page.gap();
  page.line(text, TextPage::Tone::kBold);
}

}  // namespace dbgtrace::reader::output
