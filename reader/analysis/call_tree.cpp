// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/call_tree.hpp"

#include <fmt/format.h>

namespace dbgtrace::reader::analysis {

std::string frame_label(const symbols::Frame& frame) {
  if (!frame.function.empty()) return std::string(frame.function);
  if (frame.module.empty()) return fmt::format("{:#x}", frame.offset);
  return fmt::format("{}+{:#x}", frame.module.substr(frame.module.rfind('/') + 1), frame.offset);
}

uint32_t CallTree::frame_index(const symbols::Frame& frame) {
  // Calls from one line to one function are one frame, whatever their addresses. Most have been met
  // with the very same texts.
  const Seen seen{frame.function.data(), frame.file.data(),
                  frame.module.data(),   frame.line,
                  frame.inlined,         frame.function.empty() ? frame.offset : 0};
  const auto known = frame_by_seen_.find(seen);
  if (known != frame_by_seen_.end()) return known->second;
  const std::string key = fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}", frame_label(frame), frame.file,
                                      frame.line, frame.module, frame.inlined);
  const auto [entry, is_new] =
      frame_by_name_.try_emplace(key, static_cast<uint32_t>(frames_.size()));
  if (is_new) frames_.push_back(frame);
  frame_by_seen_.emplace(seen, entry->second);
  return entry->second;
}

CallTree::Place CallTree::add(const ResolvedStack& stack) {
  Place place{0, -1};
  for (size_t i = stack.frames.size(); i-- > 0;) {
    const uint32_t frame = frame_index(stack.frames[i]);
    if (i == stack.title) place.title = static_cast<int32_t>(frame);
    const auto [entry, is_new] = child_by_frame_.try_emplace(uint64_t{place.node} << 32 | frame,
                                                             static_cast<uint32_t>(nodes_.size()));
    if (is_new) nodes_.push_back({place.node, static_cast<int32_t>(frame)});
    place.node = entry->second;
  }
  return place;
}

}  // namespace dbgtrace::reader::analysis
