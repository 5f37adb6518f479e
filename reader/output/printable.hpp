// SPDX-License-Identifier: Apache-2.0
// Names come from a stranger's process: an executable, a thread or a symbol may be called anything,
// escape sequences included. What a terminal would obey, or show as something else than it is, is
// written out as an escape.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dbgtrace::reader::output {

// Control characters, bytes that are no UTF-8, and characters that are invisible or turn the
// writing direction, as \n, \x1b, \u202e. Everything else stays.
std::string printable(std::string_view text);

// The same characters inside a finished JSON text, which may hold them in its strings only, as \u
// escapes of JSON: the document means what it meant.
std::string printable_json(std::string_view json);

// Columns that a terminal needs, one a character.
size_t columns_of(std::string_view text);
// Where to cut text so that so many columns remain: never inside a character.
size_t cut_at(std::string_view text, size_t columns);
// At most `width` columns, "..." in the place of what was cut; 0 is no limit.
std::string fit(const std::string& text, size_t width);

}  // namespace dbgtrace::reader::output
