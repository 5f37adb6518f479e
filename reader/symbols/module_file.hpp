// SPDX-License-Identifier: Apache-2.0
// Finds the file that a recorded module was mapped from: the path if its build-id is the recorded
// one, else a copy kept under that build-id. A file of another build would give wrong names with a
// straight face, so it is never used; the reason is kept for the user instead.
#pragma once

#include <string>
#include <vector>

#include "reader/symbols/module_key.hpp"
#include "reader/symbols/regular_file.hpp"

namespace dbgtrace::reader::symbols {

struct ModuleFile {
  FileDescriptor fd;        // none: not found
  std::string path;         // of what was opened
  std::string problem;      // why nothing was found; empty for modules that have no file by nature
  FileDescriptor debug_fd;  // of the debug file; none: not needed or not found
};

ModuleFile find_module_file(const ModuleKey& key, const SearchPaths& search);

// Looks for the file of debug information, if the module's own lacks some.
void add_debug_file(ModuleFile& file, const SearchPaths& search);

// Names, sizes and times of the files, and who reads them: while that is the same, so are the
// answers.
std::string source_of(const ModuleFile& file);

}  // namespace dbgtrace::reader::symbols
