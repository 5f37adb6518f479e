// SPDX-License-Identifier: Apache-2.0
// The grammars of the values in settings.def. Both sides parse with them: the command tells what
// makes no sense before it starts a program, the recorder falls back to the default. Each kind is
// a type of value and a parser, which leaves the value alone if the text makes no sense.
//
// Thread-safety: pure. Signal-safety: yes. Allocates: never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

enum class Children : uint8_t { kAll, kFork, kNone };

namespace settings {

// Anything; an empty text is as good as none.
struct Text {
  using Value = std::string_view;
  static constexpr bool parse(std::string_view text, Value& value) {
    value = text;
    return true;
  }
};

// Decimal digits below 10^15.
struct Count {
  using Value = uint64_t;
  static constexpr bool parse(std::string_view text, Value& value) {
    if (text.empty() || text.size() > 15) return false;
    uint64_t sum = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return false;
      sum = sum * 10 + static_cast<uint64_t>(c - '0');
    }
    value = sum;
    return true;
  }
};

// "64K", "2M", "1G", "512": binary multiples up to 2^50.
struct Size {
  using Value = uint64_t;
  static constexpr bool parse(std::string_view text, Value& value) {
    const uint32_t shift = text.empty() ? 0 : shift_of(text.back());
    if (shift != 0) text.remove_suffix(1);
    uint64_t units = 0;
    if (!Count::parse(text, units) || units > (uint64_t{1} << 50) >> shift) return false;
    value = units << shift;
    return true;
  }

 private:
  static constexpr uint32_t shift_of(char unit) {
    if (unit == 'k' || unit == 'K') return 10;
    if (unit == 'm' || unit == 'M') return 20;
    if (unit == 'g' || unit == 'G') return 30;
    return 0;
  }
};

struct FileSize {
  using Value = uint64_t;
  static constexpr bool parse(std::string_view text, Value& value) {
    uint64_t bytes = 0;
    if (!Size::parse(text, bytes) || bytes < kMinFileBytes) return false;
    value = bytes;
    return true;
  }
};

// "2%", "0.5%", also without the sign, in tenths of a percent.
struct Percent {
  using Value = uint32_t;
  static constexpr bool parse(std::string_view text, Value& value) {
    if (!text.empty() && text.back() == '%') text.remove_suffix(1);
    uint64_t whole = 0, tenth = 0;
    if (text.size() > 2 && text[text.size() - 2] == '.') {
      if (!Count::parse({text.data() + text.size() - 1, 1}, tenth)) return false;
      text.remove_suffix(2);
    }
    if (!Count::parse(text, whole) || whole > 100 || whole * 10 + tenth > 1000) return false;
    value = static_cast<uint32_t>(whole * 10 + tenth);
    return true;
  }
};

struct Flag {
  using Value = bool;
  static constexpr bool parse(std::string_view text, Value& value) {
    if (text != "0" && text != "1") return false;
    value = text == "1";
    return true;
  }
};

struct ChildPolicy {
  using Value = Children;
  static constexpr bool parse(std::string_view text, Value& value) {
    if (text == "all") {
      value = Children::kAll;
    } else if (text == "fork") {
      value = Children::kFork;
    } else if (text == "none") {
      value = Children::kNone;
    } else {
      return false;
    }
    return true;
  }
};

void default_makes_no_sense();  // never defined: it can't be called while compiling

// The default of a row; one that makes no sense does not compile.
template <class Kind>
consteval typename Kind::Value standard(std::string_view text) {
  typename Kind::Value value{};
  if (!Kind::parse(text, value)) default_makes_no_sense();
  return value;
}

}  // namespace settings
}  // namespace dbgtrace::ring
