// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/stack_names.hpp"

#include <fmt/format.h>

#include <string_view>

#include "reader/analysis/call_tree.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// FNV-1a twice, from two starting points.
class KeyMaker {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0);
  }
  StackKey key() const { return key_; }

 private:
  void add_byte(uint64_t byte) {
    key_.low = (key_.low ^ byte) * 0x100000001b3;
    key_.high = (key_.high ^ byte) * 0x100000001b3 + (key_.low >> 29);
  }
  StackKey key_{0x6c62272e07bb0142, 0xcbf29ce484222325};
};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::optional<GroupBy> group_by(const std::string& name) {
  if (name == "stack") return GroupBy::kStack;
  if (name == "line") return GroupBy::kLine;
  if (name == "function") return GroupBy::kFunction;
  if (name == "module") return GroupBy::kModule;
  if (name == "thread") return GroupBy::kThread;
  return std::nullopt;
}

std::string group_name(const ResolvedStack& stack, GroupBy by) {
  if (stack.frames.empty()) return "(call stack unknown)";
  const symbols::Frame& frame = stack.frames[stack.title];
  if (by == GroupBy::kModule) {
    return std::string(frame.module.empty() ? "(no module)" : frame.module);
  }
  if (by == GroupBy::kLine && !frame.file.empty()) {
    return fmt::format("{}:{}", frame.file, frame.line);
  }
  return frame_label(frame);
}

StackKey stack_key(const ResolvedStack& stack) {
  KeyMaker maker;
  for (const symbols::Frame& frame : stack.frames) {
    maker.add(frame_label(frame));
    maker.add(base_name(frame.module));
  }
  return maker.key();
}

StackKey name_key(const std::string& name) {
  KeyMaker maker;
  maker.add(name);
  return maker.key();
}

}  // namespace dbgtrace::reader::analysis
