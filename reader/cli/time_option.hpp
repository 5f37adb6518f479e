// SPDX-License-Identifier: Apache-2.0
// A moment of a run on the command line: "90", "90s", "1.5min", "2h" since its start, or "50%" of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dbgtrace::reader::cli {

// Empty if the text is no such moment. A moment past the end is the end.
std::optional<uint64_t> moment_us(const std::string& text, uint64_t run_us);
// It is one, but past the end.
bool is_past_end(const std::string& text, uint64_t run_us);

}  // namespace dbgtrace::reader::cli
