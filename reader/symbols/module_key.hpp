// SPDX-License-Identifier: Apache-2.0
// What a recording knows of a mapped file, and where on this machine its bytes and its debug
// information may lie. Apart from the symbolizer so that the search for files need not know it.
#pragma once

#include <string>
#include <vector>

namespace dbgtrace::reader::symbols {

struct ModuleKey {
  std::string path;          // as the traced program saw it
  std::string build_id_hex;  // empty if none was recorded: then the path alone is trusted
};

struct SearchPaths {
  std::vector<std::string> debug_dirs{"/usr/lib/debug"};
  std::string sysroot;  // put before every recorded path and debug directory, and tried first
};

}  // namespace dbgtrace::reader::symbols
