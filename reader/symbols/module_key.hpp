// SPDX-License-Identifier: Apache-2.0
// What a recording knows of a mapped file, and where on this machine its bytes and its debug
// information may lie. Apart from the symbolizer so that the search for files need not know it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reader/symbols/given_answers.hpp"
#include "reader/symbols/symbol_cache.hpp"

namespace dbgtrace::reader::symbols {

struct ModuleKey {
  std::string path;          // as the traced program saw it
  std::string build_id_hex;  // empty if none was recorded: then the path alone is trusted
};

// Code that is in no file: what a just-in-time compiler of this process made.
inline ModuleKey generated_code(uint32_t pid) { return {"[jit " + std::to_string(pid) + "]", ""}; }

struct SearchPaths {
  std::vector<std::string> debug_dirs{"/usr/lib/debug"};
  std::string sysroot;  // put before every recorded path and debug directory, and tried first
  SymbolCache cache;    // none, unless the user's is asked for
  std::shared_ptr<const GivenAnswers> given;     // null: no bundle
  std::map<std::string, std::string> perf_maps;  // by path of generated_code: the file of names
};

}  // namespace dbgtrace::reader::symbols
