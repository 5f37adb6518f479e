// SPDX-License-Identifier: Apache-2.0
// Another allocator for the recorded program: which shared library it is, and where it lies. It is
// found as a file rather than loaded: those with much initial-exec TLS start by LD_PRELOAD only.
#pragma once

#include <string>
#include <vector>

namespace dbgtrace::reader::cli {

// The values of `run --allocator`.
std::vector<std::string> allocator_names();

// Where the loader would look: LD_LIBRARY_PATH, then the system's folders.
std::vector<std::string> library_folders();

struct AllocatorLibraries {
  // What LD_PRELOAD has to name behind the recorder; empty if not installed.
  std::string preload;
  std::string message;  // why it is empty, and what to do
};

// The first library of that name in the folders.
AllocatorLibraries find_allocator(const std::string& name, const std::vector<std::string>& folders);

}  // namespace dbgtrace::reader::cli
