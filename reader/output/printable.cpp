// SPDX-License-Identifier: Apache-2.0
#include "reader/output/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace dbgtrace::reader::output {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 0;  // 0: no UTF-8 here
};

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  // By the number of bytes: bits of the lead that mark it, and the smallest code that needs so
  // many.
  struct Form {
    uint8_t mask, mark;
    uint32_t least;
  };
  static constexpr std::array<Form, 3> kForms = {
      {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}}};
  for (size_t more = 1; more <= kForms.size(); ++more) {
    const Form& form = kForms[more - 1];
    if ((lead & form.mask) != form.mark) continue;
    if (text.size() <= more) return {};
    uint32_t code = lead & ~uint32_t{form.mask};
    for (size_t i = 1; i <= more; ++i) {
      if (!continues(text[i])) return {};
      code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < form.least || code > 0x10ffff || surrogate) return {};
    return {code, more + 1};
  }
  return {};
}

bool is_obeyed(uint32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }

// Zero width, line ends of Unicode, marks and overrides of direction.
bool is_deceptive(uint32_t code) {
  static constexpr std::array<std::pair<uint32_t, uint32_t>, 6> kRanges = {{{0x061c, 0x061c},
                                                                            {0x200b, 0x200f},
                                                                            {0x2028, 0x202e},
                                                                            {0x2060, 0x2069},
                                                                            {0xfeff, 0xfeff},
                                                                            {0xfff9, 0xfffb}}};
  return std::any_of(kRanges.begin(), kRanges.end(), [code](const auto& range) {
    return code >= range.first && code <= range.second;
  });
}

void append_escape(std::string& clean, uint32_t code) {
  switch (code) {
    case '\n':
      clean += "\\n";
      return;
    case '\r':
      clean += "\\r";
      return;
    case '\t':
      clean += "\\t";
      return;
    default:
      clean += code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_character(text);
    const size_t bytes = std::max<size_t>(1, next.bytes);
    if (next.bytes == 0) {
      fmt::format_to(std::back_inserter(clean), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (is_obeyed(next.code) || is_deceptive(next.code)) {
      append_escape(clean, next.code);
    } else {
      clean.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return clean;
}

std::string printable_json(std::string_view json) {
  std::string clean;
  clean.reserve(json.size());
  while (!json.empty()) {
    const Character next = first_character(json);
    const size_t bytes = std::max<size_t>(1, next.bytes);
    // Below 0x20 there is only the layout of the document left.
    if (next.code >= 0x7f && (is_obeyed(next.code) || is_deceptive(next.code))) {
      fmt::format_to(std::back_inserter(clean), "\\u{:04x}", next.code);
    } else {
      clean.append(json.substr(0, bytes));
    }
    json.remove_prefix(bytes);
  }
  return clean;
}

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

size_t cut_at(std::string_view text, size_t columns) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!continues(text[at]) && columns-- == 0) break;
  }
  return at;
}

std::string fit(const std::string& text, size_t width) {
  if (width == 0 || columns_of(text) <= width) return text;
  if (width <= 3) return text.substr(0, cut_at(text, width));
  return text.substr(0, cut_at(text, width - 3)) + "...";
}

}  // namespace dbgtrace::reader::output
