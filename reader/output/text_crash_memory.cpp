// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_crash_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::PostMortem;
using Tone = TextPage::Tone;

void put_block_stack(TextPage& page, const std::string& heading,
                     const analysis::ResolvedStack& stack, size_t max_frames) {
  if (stack.frames.empty()) return;
  put_heading(page, heading);
  put_stack(page, stack, max_frames);
}

}  // namespace

void put_heap(TextPage& page, const PostMortem& report, size_t max_frames) {
  constexpr size_t kShown = 8;
  const analysis::HeapContext& heap = report.heap;
  if (heap.block) {
    put_block_stack(page, "The block was freed by:", heap.block->death, max_frames);
    put_block_stack(page, "The block was allocated by:", heap.block->birth, max_frames);
  }
  if (heap.reached.empty()) return;
  put_heading(page, heap.exact ? "Other blocks in reach:" : "Other sampled blocks in reach:");
  for (size_t i = 0; i < std::min(kShown, heap.reached.size()); ++i) {
    const trace::HeapPointer& pointer = heap.reached[i].pointer;
    const auto names = analysis::register_names(report.scene.arch);
    std::string from = "address";
    if (pointer.from == ring::PointerFrom::kRegister) {
      from = pointer.index < names.size() ? names[pointer.index] : "register";
    } else if (pointer.from == ring::PointerFrom::kStackWord) {
      from = fmt::format("sp+{:#x}", uint64_t{pointer.index} * 8);
    }
    page.paragraph(
        fmt::format("  {:<9} {:#x}: {}", from, pointer.value, block_text(heap.reached[i])), 12);
  }
  const size_t more = heap.reached.size() - std::min(kShown, heap.reached.size()) + heap.left_out;
  if (more > 0) page.line(fmt::format("  ... {} more", more));
}

void put_registers(TextPage& page, const PostMortem& report) {
  if (report.registers.empty()) return;
  put_heading(page, "Registers:");
  for (const analysis::RegisterMeaning& meaning : report.registers) {
    const std::string text = meaning_text(meaning);
    page.line(fmt::format("  {:<4} {:#018x}{}{}", meaning.name, meaning.value,
                          text.empty() ? "" : "  ", text));
  }
}

void put_map(TextPage& page, const PostMortem& report, bool whole) {
  constexpr size_t kAround = 2;
  const auto& mappings = report.scene.map.all();
  const auto address = report.scene.fault_address;
  if (mappings.empty() || (!address && !whole)) return;
  size_t place = 0;  // of the first mapping that ends behind the fault
  while (address && place < mappings.size() && mappings[place].end <= *address) ++place;
  const bool inside = address && place < mappings.size() && mappings[place].start <= *address;
  const size_t begin = whole ? 0 : place - std::min(place, kAround);
  const size_t end =
      whole ? mappings.size() : std::min(mappings.size(), place + kAround + (inside ? 1 : 0));
  put_heading(page, whole ? "Memory map:" : "Memory map around the address:");
  const auto mark = [&] {
    page.line(fmt::format("--> {:#014x}  {}", *address, inside ? "" : "nothing is mapped here"),
              Tone::kBad);
  };
  for (size_t i = begin; i < end; ++i) {
    if (address && i == place) mark();
    const analysis::Mapping& mapping = mappings[i];
    page.line(fmt::format("    {:#014x}-{:#014x} {} {:>9}{}{}", mapping.start, mapping.end,
                          mapping.permissions(), human_bytes(static_cast<double>(mapping.size())),
                          mapping.path.empty() ? "" : "  ", mapping.path),
              inside && i == place ? Tone::kBold : Tone::kPlain);
  }
  if (address && place == end) mark();
}

}  // namespace dbgtrace::reader::output
