// SPDX-License-Identifier: Apache-2.0
// Patterns for names, as LeakSanitizer's suppressions have them: a piece of the name, with '*' for
// anything, '^' for its begin and '$' for its end. "parse*json" fits "my_parse_json5".
#pragma once

#include <string>
#include <string_view>

namespace dbgtrace::reader::analysis {

bool fits(std::string_view pattern, std::string_view name);

}  // namespace dbgtrace::reader::analysis
