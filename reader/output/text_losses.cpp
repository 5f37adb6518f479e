// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_losses.hpp"

#include <fmt/format.h>

#include "reader/analysis/leaks.hpp"
#include "reader/output/human.hpp"

namespace dbgtrace::reader::output {

std::string damage_text(const trace::Damage& damage) {
  if (damage.size_bytes == 0)
    return fmt::format("offset {:#x}: {}", damage.offset_bytes, damage.what);
  return fmt::format("offset {:#x} ({} bytes): {}", damage.offset_bytes, damage.size_bytes,
                     damage.what);
}

std::string loss_text(const analysis::Loss& loss) {
  return fmt::format("{} {}. {}", human_count(static_cast<double>(loss.count)),
                     loss.count == 1 ? loss.one : loss.many, loss.meaning);
}

void put_cut(TextPage& page, const trace::Trace& trace) {
  if (!analysis::is_cut(trace)) return;
  const auto size = [](uint64_t bytes) { return human_bytes(static_cast<double>(bytes)); };
  page.paragraph(
      fmt::format("DAMAGED  the recording is cut: of its {} the last {} are missing, from offset "
                  "{:#x} on. What follows is of what is left.",
                  size(trace.header.file_bytes), size(trace.header.file_bytes - trace.file_bytes),
                  trace.file_bytes),
      2, TextPage::Tone::kBad);
}

void put_losses(TextPage& page, const trace::Trace& trace) {
  const auto losses = analysis::defects_of(trace.header.live.lost);
  if (losses.empty() && trace.damages.empty()) return;
  page.gap();
  if (!losses.empty()) page.line("Left out of this recording:", TextPage::Tone::kBold);
  for (const analysis::Loss& loss : losses) {
    page.paragraph("  " + loss_text(loss), 4);
    if (*loss.advice != '\0') page.paragraph(fmt::format("    Next time: {}", loss.advice), 4);
  }
  if (!trace.damages.empty())
    page.line("Damaged, and left out of the result:", TextPage::Tone::kBold);
  constexpr size_t kShown = 8;
  for (size_t i = 0; i < trace.damages.size() && i < kShown; ++i) {
    page.paragraph("  " + damage_text(trace.damages[i]), 4);
  }
  if (trace.damages.size() > kShown) {
    page.line(fmt::format("  ... and {} more", trace.damages.size() - kShown));
  }
}

void put_symbol_problems(TextPage& page, const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  page.gap();
  page.line("Names are missing:", TextPage::Tone::kBold);
  for (const std::string& problem : problems) page.paragraph("  " + problem, 4);
}

}  // namespace dbgtrace::reader::output
