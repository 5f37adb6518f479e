// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "reader/analysis/frame_names.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kMostFrames = 40, kMostBytes = 255;
constexpr size_t kRecursion = 3;  // times that a function is on the stack
constexpr const char* kUnknown = "(no stack)";

std::string joined(const std::vector<std::string>& parts) {
  return bounded_signature(fmt::format("{}", fmt::join(parts, " | ")));
}

void append(std::vector<std::string>& parts, std::string name) {
  if (std::find(parts.begin(), parts.end(), name) == parts.end()) parts.push_back(std::move(name));
}

// How often each function is on the stack's inner part, which holds every one of a cycle.
std::map<std::string, size_t> names_of_recursion(const std::vector<symbols::Frame>& frames) {
  constexpr size_t kLooked = 256;
  std::map<std::string, size_t> counts;
  for (size_t i = 0; i < std::min(frames.size(), kLooked); ++i)
    ++counts[comparable_name(frames[i])];
  return counts;
}

}  // namespace

std::string bounded_signature(std::string text) {
  if (text.size() > kMostBytes) text = text.substr(0, kMostBytes - 3) + "...";
  return text;
}

std::string crash_signature(const std::vector<symbols::Frame>& frames, size_t begin) {
  std::vector<std::string> parts;
  const size_t end = std::min(frames.size(), begin + kMostFrames);
  for (size_t i = begin; i < end; ++i) {
    const FrameRole role = role_of(frames[i]);
    if (role == FrameRole::kExit) continue;
    append(parts, comparable_name(frames[i]));
    // An address in no module at all (a wild jump) is nobody's: who called it matters.
    const bool nowhere = frames[i].function.empty() && frames[i].module.empty();
    if (role == FrameRole::kOwn && !nowhere) break;
  }
  if (parts.empty() && begin < frames.size()) append(parts, comparable_name(frames[begin]));
  return parts.empty() ? kUnknown : joined(parts);
}

std::string recursion_signature(const std::vector<symbols::Frame>& frames) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : names_of_recursion(frames)) {
    if (count >= kRecursion) parts.push_back(name);
  }
  if (parts.empty()) return crash_signature(frames, 0);
  return joined(parts);
}

size_t recursion_title(const std::vector<symbols::Frame>& frames) {
  const auto names = names_of_recursion(frames);
  for (size_t i = 1; i < frames.size(); ++i) {
    const auto found = names.find(comparable_name(frames[i]));
    const bool again = found != names.end() && found->second >= kRecursion;
    if (again && role_of(frames[i]) == FrameRole::kOwn) return i;
  }
  return crash_title(frames, 0);
}

size_t crash_title(const std::vector<symbols::Frame>& frames, size_t begin) {
  for (size_t i = begin; i < frames.size(); ++i) {
    const bool known = !frames[i].function.empty() || !frames[i].module.empty();
    if (known && role_of(frames[i]) == FrameRole::kOwn) return i;
  }
  return begin < frames.size() ? begin : 0;
}

std::string signature_id(const std::string& signature) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char sign : signature) {
    hash = (hash ^ static_cast<unsigned char>(sign)) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace dbgtrace::reader::analysis
