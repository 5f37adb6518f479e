// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/perf_map.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "reader/symbols/regular_file.hpp"

namespace dbgtrace::reader::symbols {
namespace {

constexpr size_t kMaxFileBytes = size_t{128} << 20;

// Takes a number in hexadecimal and the space behind it off the front.
bool take(std::string_view& line, uint64_t& value) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (problem != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
  return true;
}

}  // namespace

PerfMap::PerfMap(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    uint64_t start = 0, size = 0;
    if (!take(line, start) || !take(line, size) || line.empty() || size == 0) continue;
    if (start + size < start) continue;
    const uint64_t end = start + size;
    auto first = functions_.lower_bound(start);
    if (first != functions_.begin() && std::prev(first)->second.end > start) --first;
    while (first != functions_.end() && first->first < end) first = functions_.erase(first);
    functions_[start] = {end, std::string(line)};
  }
}

PerfMap PerfMap::of_file(const std::string& path) {
  std::string why;
  return PerfMap(read_whole(open_regular(path, why), kMaxFileBytes));
}

std::string_view PerfMap::find(uint64_t address) const {
  auto next = functions_.upper_bound(address);
  if (next == functions_.begin()) return {};
  const Function& function = std::prev(next)->second;
  return address < function.end ? std::string_view(function.name) : std::string_view();
}

}  // namespace dbgtrace::reader::symbols
