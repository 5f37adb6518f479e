// SPDX-License-Identifier: Apache-2.0
// Programs for the symbol tests, compiled at test time in a folder that goes away with the object:
// what a compiler, objcopy or strip really writes is the thing under test.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::symbols {

class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const;
  // Runs a shell command in the folder; throws with the command if it fails.
  std::string run(const std::string& command) const;
  // app::outer(int) calls app::middle calls app::leaf, both inlined, each on a line of its own.
  std::string build(const std::string& compiler_and_flags) const;
  std::string build_id(const std::string& file) const;
  // Address and size of the function with this linker name.
  std::pair<uint64_t, uint64_t> function(const std::string& file, const std::string& name) const;

 private:
  std::string folder_;
};

bool is_installed(const std::string& program);

// The lines of the source that ScratchFolder::build compiles.
inline constexpr unsigned kLeafLine = 4, kMiddleLine = 8, kOuterLine = 13;
inline constexpr const char* kOuterLinkerName = "_ZN3app5outerEi";

// "function file:line" of each frame of the address in outer() that lies in leaf(), innermost
// first; empty if no address does.
std::vector<std::string> leaf_chain(Symbolizer& symbolizer, const ModuleKey& key,
                                    std::pair<uint64_t, uint64_t> outer);
const std::vector<std::string>& expected_chain();

}  // namespace dbgtrace::reader::symbols
