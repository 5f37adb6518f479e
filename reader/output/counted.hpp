// SPDX-License-Identifier: Apache-2.0
// Numbers with the word for what they count, in the singular where there is one.
#pragma once

#include <string>
#include <string_view>

#include "reader/analysis/estimate.hpp"

namespace dbgtrace::reader::output {

// "1 block", "1,234 blocks", "2 crashes"
std::string counted(double count, std::string_view what);
// The same of an estimate, with its interval: "~12 [9 .. 15] blocks".
std::string counted(const analysis::Estimate& count, std::string_view what);

}  // namespace dbgtrace::reader::output
