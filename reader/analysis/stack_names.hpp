// SPDX-License-Identifier: Apache-2.0
// What a call stack is called when stacks are put together: by the frame that names it, or by all
// of its frames. Names and not addresses, so that two builds of one program can be compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reader/analysis/resolver.hpp"

namespace dbgtrace::reader::analysis {

enum class GroupBy { kStack, kLine, kFunction, kModule, kThread };

std::optional<GroupBy> group_by(const std::string& name);  // "stack", "line", ...

// "open", "/src/session.cpp:40", "/usr/lib/libfoo.so": of the frame that names the stack. What is
// not known of it is replaced by the next best: module and offset. Not for threads.
std::string group_name(const ResolvedStack& stack, GroupBy by);

// The same for two stacks only if their functions and modules' names are the same, whatever the
// lines and addresses (128 bits of them).
struct StackKey {
  uint64_t high = 0, low = 0;
  bool operator==(const StackKey&) const = default;
};
StackKey stack_key(const ResolvedStack& stack);
StackKey name_key(const std::string& name);

struct StackKeyHash {
  size_t operator()(const StackKey& key) const { return key.low; }
};

}  // namespace dbgtrace::reader::analysis
