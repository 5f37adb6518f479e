// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/source_lines.hpp"

#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "reader/symbols/regular_file.hpp"

namespace dbgtrace::reader::analysis {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMostFileBytes = 16 << 20;
constexpr size_t kMostLineBytes = 400;

bool is_source(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0 &&
         found.st_size <= kMostFileBytes;
}

// The compiled path, or the longest end of it that lies under the root.
std::string find_source(const std::string& compiled, const std::string& root) {
  if (compiled.size() >= PATH_MAX) return "";  // of thousands of folders, each a place to look at
  for (size_t at = 0; !root.empty() && at < compiled.size();) {
    at = compiled.find_first_not_of('/', at);
    if (at == std::string::npos) break;
    std::string candidate = (fs::path(root) / compiled.substr(at)).string();
    if (is_source(candidate)) return candidate;
    at = std::min(compiled.size(), compiled.find('/', at));
  }
  return is_source(compiled) ? compiled : "";
}

bool is_newer(const std::string& path, const std::string& than) {
  struct stat a {
  }, b{};
  return stat(path.c_str(), &a) == 0 && stat(than.c_str(), &b) == 0 && a.st_mtime > b.st_mtime;
}

}  // namespace

std::vector<std::string> source_file_lines(const std::string& path) {
  std::string why;
  const std::string text = symbols::read_whole(symbols::open_regular(path, why), kMostFileBytes);
  std::vector<std::string> lines;
  for (std::string_view rest(text); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    lines.emplace_back(line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return lines;
}

SourceLines source_around(const symbols::Frame& frame, const std::string& root, unsigned around) {
  SourceLines result;
  if (frame.file.empty() || frame.line == 0) return result;
  const std::string path = find_source(std::string(frame.file), root);
  if (path.empty()) return result;
  const std::vector<std::string> all = source_file_lines(path);
  const size_t first = frame.line > around ? frame.line - around : 1;
  for (size_t number = first; number <= size_t{frame.line} + around && number <= all.size();
       ++number) {
    std::string line = all[number - 1];
    if (line.size() > kMostLineBytes) line = line.substr(0, kMostLineBytes) + "...";
    result.lines.push_back(line);
  }
  // A shorter file is not the one that was compiled.
  if (first + result.lines.size() <= frame.line) {
    result.lines.clear();
    return result;
  }
  result.path = path;
  result.first = static_cast<unsigned>(first);
  result.newer = is_newer(path, std::string(frame.module));
  return result;
}

}  // namespace dbgtrace::reader::analysis
