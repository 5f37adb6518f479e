// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/source_lines.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace dbgtrace::reader::analysis {
namespace {

namespace fs = std::filesystem;

constexpr std::streamsize kMostFileBytes = 16 << 20;
constexpr size_t kMostLineBytes = 400;

bool is_source(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         found.st_size <= kMostFileBytes;
}

// The compiled path, or the longest end of it that lies under the root.
std::string find_source(const std::string& compiled, const std::string& root) {
  if (!root.empty()) {
    for (fs::path rest = fs::path(compiled).relative_path(); !rest.empty();) {
      std::string candidate = (fs::path(root) / rest).string();
      if (is_source(candidate)) return candidate;
      auto second = rest.begin();
      fs::path shorter;
      for (++second; second != rest.end(); ++second) shorter /= *second;
      rest = shorter;
    }
  }
  return is_source(compiled) ? compiled : "";
}

bool is_newer(const std::string& path, const std::string& than) {
  struct stat a {
  }, b{};
  return stat(path.c_str(), &a) == 0 && stat(than.c_str(), &b) == 0 && a.st_mtime > b.st_mtime;
}

}  // namespace

SourceLines source_around(const symbols::Frame& frame, const std::string& root, unsigned around) {
  SourceLines result;
  if (frame.file.empty() || frame.line == 0) return result;
  const std::string path = find_source(std::string(frame.file), root);
  std::ifstream file(path);
  if (path.empty() || !file) return result;
  const unsigned first = frame.line > around ? frame.line - around : 1;
  std::string line;
  for (unsigned number = 1; number <= frame.line + around && std::getline(file, line); ++number) {
    if (number < first) continue;
    if (line.size() > kMostLineBytes) line = line.substr(0, kMostLineBytes) + "...";
    result.lines.push_back(line);
  }
  // A shorter file is not the one that was compiled.
  if (first + result.lines.size() <= frame.line) {
    result.lines.clear();
    return result;
  }
  result.path = path;
  result.first = first;
  result.newer = is_newer(path, std::string(frame.module));
  return result;
}

}  // namespace dbgtrace::reader::analysis
