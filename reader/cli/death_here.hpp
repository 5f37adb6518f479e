// SPDX-License-Identifier: Apache-2.0
// The end of a recorded process, with what this machine can add to the recording: whether it runs,
// and what its control group counts today.
#pragma once

#include "reader/analysis/death.hpp"

namespace dbgtrace::reader::cli {

analysis::Death death_here(const trace::Trace& trace);

}  // namespace dbgtrace::reader::cli
