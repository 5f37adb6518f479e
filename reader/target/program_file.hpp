// SPDX-License-Identifier: Apache-2.0
// From a word of the command line to the file that the kernel would start: along PATH, through
// `#!` lines and through the shims of version managers, down to a program. Reads files, runs none.
#pragma once

#include <string>
#include <vector>

namespace dbgtrace::reader::target {

// Where the search of a name may look. An argument, so that tests need no environment.
struct SearchPlace {
  std::string path;    // as in PATH
  std::string folder;  // the working directory
  std::string home;
  // Of a version manager, such as PYENV_VERSION; empty if not set.
  std::string (*variable)(const std::string& name) = nullptr;
};
SearchPlace search_place_of_this_process();

// The file that execvp() would take; empty if there is none. A file without the right to execute it
// is named only if no other fits.
std::string find_program(const std::string& name, const SearchPlace& place);

struct ScriptLink {
  std::string script;  // the file that is not a program itself
  std::string runs;    // what runs in its place: the interpreter, or what a shim stands for
};

struct ProgramFile {
  std::string path;               // the program; empty if the chain is broken
  std::vector<ScriptLink> chain;  // from the file that was asked for
  std::string problem;            // a sentence, if the chain is broken
  std::string way_out = "Install what is missing.";
};

// Follows the chain from a file. At most as many links as the kernel follows.
ProgramFile resolve_program(const std::string& file, const SearchPlace& place);

}  // namespace dbgtrace::reader::target
