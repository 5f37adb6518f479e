// SPDX-License-Identifier: Apache-2.0
// A page of text for a person: collects lines, knows the width to keep and whether colour is
// wanted, and lets no line out that is longer or carries control characters of a stranger's.
#pragma once

#include <cstddef>
#include <string>

namespace dbgtrace::reader::output {

struct TextStyle {
  size_t width = 0;  // columns; 0: no limit, for files and pipes
  bool colour = false;
};

// Of standard output: a terminal's width, colour unless NO_COLOR or a dumb terminal forbids it.
TextStyle terminal_style();

class TextPage {
 public:
  enum class Tone { kPlain, kBold, kBad, kGood, kFaint };

  explicit TextPage(TextStyle style) : style_(style) {}

  // Cut to the width.
  void line(const std::string& text, Tone tone = Tone::kPlain);
  // Broken between words where it would be too long; further lines begin `indent` columns in.
  void paragraph(const std::string& text, size_t indent = 0, Tone tone = Tone::kPlain);
  void gap() { text_ += '\n'; }

  size_t width() const { return style_.width; }
  const std::string& text() const { return text_; }

 private:
  void put(const std::string& text, Tone tone);

  TextStyle style_;
  std::string text_;
};

}  // namespace dbgtrace::reader::output
