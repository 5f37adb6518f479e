// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/allocator.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>

#include "reader/cli/launch.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct KnownAllocator {
  const char* name;
  std::vector<std::string> libraries;  // any of them, best first
  const char* package;                 // Debian's
};

const std::array<KnownAllocator, 3>& known_allocators() {
  static const std::array<KnownAllocator, 3> known = {{
      {"mimalloc", {"libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so"}, "libmimalloc2.0"},
      {"jemalloc", {"libjemalloc.so.2", "libjemalloc.so"}, "libjemalloc2"},
      {"tcmalloc",
       {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4", "libtcmalloc_minimal.so"},
       "libtcmalloc-minimal4"},
  }};
  return known;
}

std::string find_file(const std::vector<std::string>& names,
                      const std::vector<std::string>& folders) {
  for (const std::string& name : names) {
    for (const std::string& folder : folders) {
      std::string path = folder + "/" + name;
      if (access(path.c_str(), R_OK) == 0) return path;
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> allocator_names() {
  std::vector<std::string> names;
  for (const KnownAllocator& known : known_allocators()) names.emplace_back(known.name);
  return names;
}

std::vector<std::string> library_folders() {
  std::vector<std::string> folders;
  if (const char* given = std::getenv("LD_LIBRARY_PATH")) {
    std::stringstream list(given);
    for (std::string folder; std::getline(list, folder, ':');) {
      if (folder.starts_with('/')) folders.push_back(folder);
    }
  }
  for (const char* folder :
       {"/usr/local/lib/" DBGTRACE_MULTIARCH, "/usr/local/lib", "/lib/" DBGTRACE_MULTIARCH,
        "/usr/lib/" DBGTRACE_MULTIARCH, "/lib64", "/usr/lib64", "/lib", "/usr/lib"}) {
    folders.emplace_back(folder);
  }
  return folders;
}

AllocatorLibraries find_allocator(const std::string& name,
                                  const std::vector<std::string>& folders) {
  for (const KnownAllocator& known : known_allocators()) {
    if (name != known.name) continue;
    const std::string library = find_file(known.libraries, folders);
    if (library.empty()) {
      return {"", fmt::format("{} is not installed (no {} in {}); on Debian: apt-get install {}",
                              name, fmt::join(known.libraries, ", "), fmt::join(folders, ", "),
                              known.package)};
    }
    if (library.find_first_of(" :") != std::string::npos) {
      return {"", library + ": LD_PRELOAD can't name a path with a space or a colon"};
    }
    return {library, ""};
  }
  return {"", fmt::format("{} is no allocator that is known here ({})", name,
                          fmt::join(allocator_names(), ", "))};
}

}  // namespace dbgtrace::reader::cli
