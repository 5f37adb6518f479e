// SPDX-License-Identifier: Apache-2.0
// Where debug information lies apart from its module: under the build-id, behind .gnu_debuglink, or
// on the servers of DEBUGINFOD_URLS. libdwfl searches alike, but opens two sockets for each module
// that it finds nothing of, and looks for files of a sysroot in the wrong place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/symbols/module_key.hpp"
#include "reader/symbols/regular_file.hpp"

namespace dbgtrace::reader::symbols {

struct DebugLink {
  std::string name;  // empty: none
  uint32_t checksum;
};

// For a module that was opened at module_path; its build-id may be empty. What comes back has been
// verified: by build-id, or by the link's checksum where the module has no build-id.
FileDescriptor find_debug_file(const std::string& module_path, const std::string& build_id_hex,
                               const DebugLink& link, const SearchPaths& search);

// The names that a file with this build-id would have, in the order of search.
std::vector<std::string> debug_files_by_build_id(const std::string& hex, const SearchPaths& search);

// Touches the network only if DEBUGINFOD_URLS is set.
FileDescriptor ask_debuginfod(const std::string& build_id_hex);

}  // namespace dbgtrace::reader::symbols
