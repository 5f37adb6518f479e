// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_stack.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reader/output/printable.hpp"

namespace dbgtrace::reader::output {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string function_text(const symbols::Frame& frame) {
  if (!frame.function.empty()) return std::string(frame.function);
  if (frame.module.empty()) return fmt::format("{:#x}", frame.offset);
  return fmt::format("{}+{:#x}", base_name(frame.module), frame.offset);
}

std::string place_text(const symbols::Frame& frame) {
  if (frame.file.empty()) return std::string(base_name(frame.module));
  if (frame.line == 0) return std::string(base_name(frame.file));
  return fmt::format("{}:{}", base_name(frame.file), frame.line);
}

std::string title_text(const analysis::ResolvedStack& stack) {
  if (stack.frames.empty()) return "(call stack unknown)";
  const symbols::Frame& frame = stack.frames[stack.title];
  const std::string place = place_text(frame);
  if (place.empty() || frame.function.empty()) return function_text(frame);
  return fmt::format("{} ({})", function_text(frame), place);
}

void put_stack(TextPage& page, const analysis::ResolvedStack& stack, size_t max_frames) {
  if (stack.frames.empty()) {
    page.line("      (the call stack was not stored)", TextPage::Tone::kFaint);
    return;
  }
  const size_t all = stack.frames.size();
  const size_t shown = max_frames == 0 ? all : std::min(all, std::max(max_frames, stack.title + 1));
  // Names in one column and places in another, as far as both fit.
  size_t column = 0;
  for (size_t i = 0; i < shown; ++i) {
    column = std::max(column, columns_of(printable(function_text(stack.frames[i]))));
  }
  const size_t widest = page.width() == 0 ? 90 : (page.width() - 8) * 2 / 3;
  column = std::min(column, widest);
  for (size_t i = 0; i < shown; ++i) {
    const symbols::Frame& frame = stack.frames[i];
    page.line(fmt::format("    {} {:<{}}  {}{}", i == stack.title ? '>' : ' ',
                          fit(printable(function_text(frame)), column), column, place_text(frame),
                          frame.inlined ? " (inlined)" : ""),
              i == stack.title ? TextPage::Tone::kBold : TextPage::Tone::kPlain);
  }
  if (shown < all) page.line(fmt::format("      ... {} more frames", all - shown));
  if (stack.omitted_frames > 0) {
    page.line(fmt::format("      ({} frames in the middle were not kept)", stack.omitted_frames));
  } else if (stack.truncated) {
    page.line("      (the walk ended before the outermost frame)");
  }
}

}  // namespace dbgtrace::reader::output
