// SPDX-License-Identifier: Apache-2.0
// Opens candidates one after the other and says of each that is refused why.
#include "reader/symbols/module_file.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "reader/symbols/debug_file.hpp"

namespace dbgtrace::reader::symbols {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::vector<std::string> by_path(std::string path, bool has_build_id, const SearchPaths& search) {
  if (path.ends_with(kDeleted)) {
    if (!has_build_id) return {};
    path.resize(path.size() - kDeleted.size());
  }
  std::vector<std::string> candidates;
  if (!search.sysroot.empty()) candidates.push_back(search.sysroot + "/" + path);
  // A sysroot means another system's files: this one's serve only where a build-id vouches.
  if (search.sysroot.empty() || has_build_id) candidates.push_back(path);
  return candidates;
}

}  // namespace

ModuleFile find_module_file(const ModuleKey& key, const SearchPaths& search) {
  const bool has_path = !key.path.empty() && !key.path.starts_with('[');
  const bool has_build_id = is_build_id(key.build_id_hex);
  ModuleFile file;
  std::string first_refusal;
  auto try_each = [&](const std::vector<std::string>& candidates) {
    for (const std::string& candidate : candidates) {
      std::string why;
      FileDescriptor fd = open_regular(candidate, why);
      if (fd && (why = refusal_of(fd.get(), key.build_id_hex)).empty()) {
        file = {std::move(fd), candidate, {}};
        return true;
      }
      if (!why.empty() && first_refusal.empty()) first_refusal = candidate + ": " + why;
    }
    return false;
  };
  if (has_path && try_each(by_path(key.path, has_build_id, search))) return file;
  if (has_build_id && try_each(debug_files_by_build_id(key.build_id_hex, search))) return file;
  if (FileDescriptor fd = ask_debuginfod(key.build_id_hex)) {
    file = {std::move(fd), key.path, {}};
    return file;
  }
  if (!has_path || key.path.ends_with(kDeleted)) return file;
  if (!first_refusal.empty()) {
    file.problem = first_refusal;
  } else if (has_build_id) {
    file.problem = fmt::format("{}: missing, and no debug directory has build-id {}", key.path,
                               key.build_id_hex);
  } else {
    file.problem = key.path + ": missing";
  }
  return file;
}

}  // namespace dbgtrace::reader::symbols
