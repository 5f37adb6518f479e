// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory_map.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace dbgtrace::reader::analysis {
namespace {

// Takes a hexadecimal number and the sign behind it off the text's front.
bool take_hex(std::string_view& text, char behind, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  const auto used = static_cast<size_t>(end - text.data());
  if (error != std::errc() || used >= text.size() || *end != behind) return false;
  text.remove_prefix(used + 1);
  return true;
}

void skip_word(std::string_view& text) {
  text.remove_prefix(std::min(text.size(), text.find(' ')));
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
}

// "7f01c000-7f01d000 r-xp 00001000 fd:01 131 /lib/libc.so.6"
bool parse(std::string_view line, Mapping& mapping) {
  if (!take_hex(line, '-', mapping.start) || !take_hex(line, ' ', mapping.end)) return false;
  if (mapping.start >= mapping.end || line.size() < 5 || line[4] != ' ') return false;
  mapping.readable = line[0] == 'r';
  mapping.writable = line[1] == 'w';
  mapping.executable = line[2] == 'x';
  mapping.shared = line[3] == 's';
  line.remove_prefix(5);
  if (!take_hex(line, ' ', mapping.offset)) return false;
  skip_word(line);  // device
  skip_word(line);  // inode
  mapping.path = line;
  return true;
}

}  // namespace

std::string Mapping::permissions() const {
  return {readable ? 'r' : '-', writable ? 'w' : '-', executable ? 'x' : '-', shared ? 's' : 'p'};
}

MemoryMap::MemoryMap(std::string_view maps_text) {
  while (!maps_text.empty()) {
    const size_t end = std::min(maps_text.size(), maps_text.find('\n'));
    Mapping mapping;
    if (parse(maps_text.substr(0, end), mapping)) mappings_.push_back(std::move(mapping));
    maps_text.remove_prefix(std::min(maps_text.size(), end + 1));
  }
  std::stable_sort(mappings_.begin(), mappings_.end(),
                   [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  uint64_t reached = 0;
  std::erase_if(mappings_, [&reached](const Mapping& mapping) {
    if (mapping.start < reached) return true;
    reached = mapping.end;
    return false;
  });
}

const Mapping* MemoryMap::at(uint64_t address) const {
  const auto behind = std::upper_bound(
      mappings_.begin(), mappings_.end(), address,
      [](uint64_t wanted, const Mapping& mapping) { return wanted < mapping.start; });
  if (behind == mappings_.begin() || address >= std::prev(behind)->end) return nullptr;
  return &*std::prev(behind);
}

const Mapping* MemoryMap::below(uint64_t address) const {
  const auto behind = std::upper_bound(
      mappings_.begin(), mappings_.end(), address,
      [](uint64_t wanted, const Mapping& mapping) { return wanted < mapping.end; });
  return behind == mappings_.begin() ? nullptr : &*std::prev(behind);
}

const Mapping* MemoryMap::above(uint64_t address) const {
  const auto behind = std::upper_bound(
      mappings_.begin(), mappings_.end(), address,
      [](uint64_t wanted, const Mapping& mapping) { return wanted < mapping.start; });
  return behind == mappings_.end() ? nullptr : &*behind;
}

}  // namespace dbgtrace::reader::analysis
