// SPDX-License-Identifier: Apache-2.0
// The search, most certain proof of identity first.
#include "reader/symbols/debug_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "reader/symbols/elf_file.hpp"

namespace dbgtrace::reader::symbols {
namespace {

std::vector<std::string> debug_roots(const SearchPaths& search) {
  std::vector<std::string> roots;
  if (!search.sysroot.empty()) {
    for (const std::string& dir : search.debug_dirs) roots.push_back(search.sysroot + "/" + dir);
  }
  roots.insert(roots.end(), search.debug_dirs.begin(), search.debug_dirs.end());
  return roots;
}

// The checksum of .gnu_debuglink: CRC-32 as in gzip.
uint32_t checksum_of(int fd) {
  std::array<uint32_t, 256> table;
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320u : 0);
    table[i] = value;
  }
  uint32_t sum = UINT32_MAX;
  std::vector<unsigned char> piece(256 << 10);
  off_t at = 0;
  for (ssize_t size; (size = pread(fd, piece.data(), piece.size(), at)) > 0; at += size) {
    for (ssize_t i = 0; i < size; ++i) sum = (sum >> 8) ^ table[(sum ^ piece[i]) & 0xff];
  }
  return ~sum;
}

std::vector<std::string> by_link(const std::string& module_path, const std::string& name,
                                 const SearchPaths& search) {
  namespace fs = std::filesystem;
  std::vector<std::string> candidates;
  std::error_code ignored;
  // Debug packages use the name behind symbolic links: /usr/lib/x for /lib/x.
  for (const fs::path& path : {fs::path(module_path), fs::canonical(module_path, ignored)}) {
    std::string folder = path.parent_path().string();
    if (folder.empty()) continue;
    candidates.push_back(folder + "/" + name);
    candidates.push_back(folder + "/.debug/" + name);
    if (!search.sysroot.empty() && folder.starts_with(search.sysroot)) {
      folder.erase(0, search.sysroot.size());
    }
    for (const std::string& root : debug_roots(search)) {
      candidates.push_back(root + "/" + folder + "/" + name);
    }
  }
  return candidates;
}

}  // namespace

std::vector<std::string> debug_files_by_build_id(const std::string& hex,
                                                 const SearchPaths& search) {
  std::vector<std::string> candidates;
  for (const std::string& root : debug_roots(search)) {
    const std::string stem =
        fmt::format("{}/.build-id/{}/{}", root, hex.substr(0, 2), hex.substr(2));
    candidates.push_back(stem + ".debug");
    candidates.push_back(stem);
  }
  return candidates;
}

FileDescriptor find_debug_file(const std::string& module_path, const std::string& build_id_hex,
                               const DebugLink& link, const SearchPaths& search) {
  std::string why;
  if (is_build_id(build_id_hex)) {
    for (const std::string& candidate : debug_files_by_build_id(build_id_hex, search)) {
      FileDescriptor fd = open_regular(candidate, why);
      if (fd && refusal_of(fd.get(), build_id_hex).empty()) return fd;
    }
  }
  // A link that is a path could lead anywhere: it comes from the file.
  if (!link.name.empty() && link.name.find('/') == std::string::npos) {
    for (const std::string& candidate : by_link(module_path, link.name, search)) {
      FileDescriptor fd = open_regular(candidate, why);
      if (!fd || !refusal_of(fd.get(), build_id_hex).empty()) continue;
      if (!build_id_hex.empty() || checksum_of(fd.get()) == link.checksum) return fd;
    }
  }
  return ask_debuginfod(build_id_hex);
}

}  // namespace dbgtrace::reader::symbols
