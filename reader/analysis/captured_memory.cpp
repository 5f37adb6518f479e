// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/captured_memory.hpp"

#include <cstring>

namespace dbgtrace::reader::analysis {

std::span<const std::byte> bytes_at(const trace::Crash& crash, uint64_t address) {
  std::span<const std::byte> longest;
  for (const trace::CapturedMemory& memory : crash.memory) {
    if (memory.address > address) break;
    if (address >= memory.end()) continue;
    const auto rest = std::span(memory.bytes).subspan(address - memory.address);
    if (rest.size() > longest.size()) longest = rest;
  }
  return longest;
}

std::optional<uint64_t> word_at(const trace::Crash& crash, uint64_t address) {
  const auto bytes = bytes_at(crash, address);
  uint64_t word = 0;
  if (bytes.size() < sizeof(word)) return std::nullopt;
  std::memcpy(&word, bytes.data(), sizeof(word));
  return word;
}

std::string text_at(const trace::Crash& crash, uint64_t address, size_t most) {
  constexpr size_t kLeast = 4;
  std::string text;
  for (const std::byte byte : bytes_at(crash, address)) {
    const auto sign = static_cast<char>(byte);
    if (sign == '\0') return text.size() < kLeast ? "" : text;
    if (sign < 0x20 || sign == 0x7f) return "";
    text += sign;
    if (text.size() == most) return text + "...";
  }
  return "";
}

}  // namespace dbgtrace::reader::analysis
