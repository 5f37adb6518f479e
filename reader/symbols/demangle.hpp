// SPDX-License-Identifier: Apache-2.0
// Readable names from linker names: C++, Rust (legacy without its hash, and v0) and D, through
// libiberty. A name comes from a file that nobody vouches for, and a kilobyte of it can expand to
// gigabytes, so input and output are both capped.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace dbgtrace::reader::symbols {

bool is_mangled(std::string_view name);

class Demangler {
 public:
  // The readable name, or the name itself (cut if very long). Valid as long as the demangler is.
  const std::string& operator()(const char* name);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> known_;
};

}  // namespace dbgtrace::reader::symbols
