// SPDX-License-Identifier: Apache-2.0
// The post-mortem as JSON.
#pragma once

#include "reader/analysis/crash_groups.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/output/json_documents.hpp"

namespace dbgtrace::reader::output {

// One element of "crashes".
Json json_crash(const analysis::PostMortem& report, const trace::Trace& trace);
Json json_crash_groups(const std::vector<analysis::CrashGroup>& groups);

}  // namespace dbgtrace::reader::output
