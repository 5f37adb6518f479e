// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_page.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "reader/output/printable.hpp"

namespace dbgtrace::reader::output {
namespace {

constexpr size_t kNarrowest = 40;

const char* code_of(TextPage::Tone tone) {
  switch (tone) {
    case TextPage::Tone::kPlain:
      return "";
    case TextPage::Tone::kBold:
      return "\x1b[1m";
    case TextPage::Tone::kBad:
      return "\x1b[1;31m";
    case TextPage::Tone::kGood:
      return "\x1b[1;32m";
    case TextPage::Tone::kFaint:
      return "\x1b[2m";
  }
  return "";
}

}  // namespace

TextStyle terminal_style() {
  if (isatty(STDOUT_FILENO) == 0) return {};
  TextStyle style{80, true};
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::max<size_t>(kNarrowest, size.ws_col);
  }
  const char* forbidden = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  style.colour = (forbidden == nullptr || *forbidden == '\0') && terminal != nullptr &&
                 std::string_view(terminal) != "dumb";
  return style;
}

void TextPage::line(const std::string& text, Tone tone) {
  put(fit(printable(text), style_.width), tone);
}

void TextPage::paragraph(const std::string& text, size_t indent, Tone tone) {
  std::string rest = printable(text);
  const size_t room = style_.width;
  while (room != 0 && columns_of(rest) > room) {
    const size_t full = cut_at(rest, room);
    size_t cut = rest.rfind(' ', full);
    if (cut == std::string::npos || cut <= indent) {
      const size_t end = std::min(rest.find(' ', full), rest.size());
      cut = rest.find('/') < full ? end : full;
    }
    put(rest.substr(0, cut), tone);
    const size_t next = rest.find_first_not_of(' ', cut);
    if (next == std::string::npos) return;
    rest = std::string(indent, ' ') + rest.substr(next);
  }
  put(rest, tone);
}

void TextPage::put(const std::string& text, Tone tone) {
  if (style_.colour && tone != Tone::kPlain) {
    text_ += code_of(tone) + text + "\x1b[0m\n";
  } else {
    text_ += text + '\n';
  }
}

}  // namespace dbgtrace::reader::output
