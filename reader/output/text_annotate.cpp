// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_annotate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reader/output/human.hpp"
#include "reader/output/whole.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::AnnotatedLine;
using analysis::LineFigures;
using Tone = TextPage::Tone;

std::string bytes_or_blank(double bytes) { return bytes >= 0.5 ? human_bytes(bytes) : ""; }

std::string figures_text(const LineFigures& figures, bool leaks) {
  std::string text =
      fmt::format("{:>10} {:>10} {:>12}", bytes_or_blank(figures.live_bytes),
                  bytes_or_blank(figures.allocated_bytes),
                  figures.allocations >= 0.5 ? human_count(figures.allocations) : std::string());
  if (leaks) text += fmt::format(" {:>10}", bytes_or_blank(figures.leaked_bytes));
  return text;
}

std::string without_tabs(const std::string& line) {
  std::string text;
  for (const char c : line) {
    if (c == '\t') {
      text += "  ";
    } else if (c != '\r') {
      text += c;
    }
  }
  return text;
}

std::set<unsigned> shown_lines(const analysis::Annotation& annotation, unsigned known,
                               unsigned context, bool whole) {
  std::set<unsigned> shown;
  for (unsigned line = 1; whole && line <= known; ++line) shown.insert(line);
  for (const auto& [number, line] : annotation.lines) {
    shown.insert(number);
    const unsigned first = number > context ? number - context : 1;
    const unsigned last = std::min(known, number < ~0u - context ? number + context : ~0u);
    for (unsigned near = first; near <= last; ++near) shown.insert(near);
  }
  return shown;
}

Json figures_json(const LineFigures& figures) {
  return {{"live_bytes", whole(figures.live_bytes)},
          {"allocated_bytes", whole(figures.allocated_bytes)},
          {"allocations", whole(figures.allocations)},
          {"leaked_bytes", whole(figures.leaked_bytes)}};
}

}  // namespace

void put_annotation(TextPage& page, const analysis::Annotation& annotation,
                    const std::vector<std::string>& source, unsigned context, bool whole) {
  const bool leaks = annotation.all.leaked_bytes > 0;
  page.line(annotation.file, Tone::kBold);
  page.paragraph(fmt::format(
      "{} live, {} allocated by {} allocations{}", human_bytes(annotation.all.live_bytes),
      human_bytes(annotation.all.allocated_bytes), human_count(annotation.all.allocations),
      leaks ? fmt::format(", {} leaked", human_bytes(annotation.all.leaked_bytes))
            : std::string()));
  for (const std::string& other : annotation.other_files) {
    page.line("not shown, of the same name: " + other, Tone::kFaint);
  }
  if (source.empty()) {
    page.paragraph("The file itself can't be read here: lines are numbers only (--source-dir).", 2,
                   Tone::kFaint);
  }
  page.gap();
  page.line(fmt::format("{:>10} {:>10} {:>12}{}   line", "live", "allocated", "allocations",
                        leaks ? "     leaked" : ""),
            Tone::kBold);
  const auto known = static_cast<unsigned>(source.size());
  unsigned before = 0;
  for (const unsigned number : shown_lines(annotation, known, context, whole)) {
    if (before != 0 && number != before + 1)
      page.line(fmt::format("{:>{}}", "...", leaks ? 53 : 42));
    before = number;
    const auto found = annotation.lines.find(number);
    const LineFigures figures =
        found == annotation.lines.end() ? LineFigures{} : found->second.through;
    const std::string text = number <= known ? without_tabs(source[number - 1]) : std::string();
    page.line(fmt::format("{} {:>6}  {}", figures_text(figures, leaks), number, text),
              figures.leaked_bytes > 0 ? Tone::kBad
              : found != annotation.lines.end() && found->second.here.allocations > 0
                  ? Tone::kBold
                  : Tone::kPlain);
  }
}

void write_annotation(JsonWriter& writer, const analysis::Annotation& annotation,
                      const std::vector<std::string>& source, const trace::Trace& trace) {
  Json json = json_document("annotate", trace.path);
  json["source"] = annotation.file;
  json["other_sources"] = annotation.other_files;
  json["totals"] = figures_json(annotation.all);
  writer.members(json);
  writer.begin_list("lines");
  for (const auto& [number, line] : annotation.lines) {
    Json item = {{"line", number},
                 {"through", figures_json(line.through)},
                 {"here", figures_json(line.here)}};
    if (number <= source.size()) item["text"] = source[number - 1];
    writer.item(item);
  }
  writer.end();
  write_losses(writer, trace);
}

}  // namespace dbgtrace::reader::output
