// SPDX-License-Identifier: Apache-2.0
// Names of code that a just-in-time compiler made, from the file that it kept for perf: lines
// "START SIZE NAME", the numbers in hexadecimal. Later lines replace earlier ones: memory is used
// again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace dbgtrace::reader::symbols {

class PerfMap {
 public:
  PerfMap() = default;
  explicit PerfMap(std::string_view text);
  // An empty one if the file can't be read, is none, or is unreasonably large.
  static PerfMap of_file(const std::string& path);

  bool empty() const { return functions_.empty(); }
  // Empty if no function is known there.
  std::string_view find(uint64_t address) const;

 private:
  struct Function {
    uint64_t end;
    std::string name;
  };
  std::map<uint64_t, Function> functions_;  // by start; they never overlap
};

}  // namespace dbgtrace::reader::symbols
