// SPDX-License-Identifier: Apache-2.0
// The closing lines of every report: what the recording had to leave out and what of the file was
// damaged, in words, and nothing at all where there is nothing to say.
#pragma once

#include <string>
#include <vector>

#include "reader/analysis/losses.hpp"
#include "reader/output/text_page.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::output {

// First of all, of a file that is cut: how much of it is there. Nothing else is as it was then.
void put_cut(TextPage& page, const trace::Trace& trace);

void put_losses(TextPage& page, const trace::Trace& trace);

// "3 samples have no call stack. Too many threads recorded at once: ..."
std::string loss_text(const analysis::Loss& loss);

// "offset 0x2000 (120 bytes): ...".
std::string damage_text(const trace::Damage& damage);

// Why symbols are missing, as the symbolizer tells it.
void put_symbol_problems(TextPage& page, const std::vector<std::string>& problems);

}  // namespace dbgtrace::reader::output
