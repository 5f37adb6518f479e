// SPDX-License-Identifier: Apache-2.0
// What a recording is, for people, and one line of it for `list`.
#pragma once

#include <string>

#include "reader/analysis/recording_info.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

void put_info(TextPage& page, const analysis::RecordingInfo& info, const std::string& path);

// Of a process that exited: "3"; "44 (exit(300))" where its parent is told something else.
std::string status_text(const analysis::ProcessState& state);
// "exited 3", "killed", "unknown".
std::string state_text(const analysis::ProcessState& state);
// How densely it was sampled: "every allocation", "one every 512 KiB".
std::string density_text(const analysis::RecordingInfo& info);

}  // namespace dbgtrace::reader::output
