// SPDX-License-Identifier: Apache-2.0
// Opens candidates one after the other and says of each that is refused why.
#include "reader/symbols/module_file.hpp"

#include <elfutils/libdwelf.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>
#include <vector>

#include "reader/symbols/debug_file.hpp"
#include "reader/symbols/elf_file.hpp"

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

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

bool is_complete(Elf* elf) {
  bool has_symbols = false, has_lines = false;
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return false;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* found = elf_strptr(elf, names, header.sh_name);
    const std::string_view name = found == nullptr ? "" : found;
    has_symbols = has_symbols || header.sh_type == SHT_SYMTAB;
    has_lines = has_lines || name == ".debug_info" || name == ".zdebug_info";
  }
  return has_symbols && has_lines;
}

std::string file_text(const FileDescriptor& fd) {
  struct stat info;
  if (!fd || fstat(fd.get(), &info) != 0) return "-\n";
  char path[PATH_MAX];
  const ssize_t length =
      readlink(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), path, sizeof(path));
  return fmt::format("{} {} {}.{:09}\n",
                     std::string_view(path, static_cast<size_t>(length < 0 ? 0 : length)),
                     info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

void add_debug_file(ModuleFile& file, const SearchPaths& search) {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, ElfEnd> elf(elf_begin(file.fd.get(), ELF_C_READ_MMAP, nullptr));
  if (!elf || is_complete(elf.get())) return;
  GElf_Word checksum = 0;
  const char* link = dwelf_elf_gnu_debuglink(elf.get(), &checksum);
  file.debug_fd = find_debug_file(file.path, build_id_of(elf.get()),
                                  {link != nullptr ? link : "", checksum}, search);
}

std::string source_of(const ModuleFile& file) {
  return "dbgtrace " DBGTRACE_VERSION " answers 2\n" + file_text(file.fd) +
         file_text(file.debug_fd);
}

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
        file = {std::move(fd), candidate, {}, FileDescriptor()};
        return true;
      }
      if (!why.empty() && first_refusal.empty()) first_refusal = candidate + ": " + why;
    }
    return false;
  };
  if (has_path && try_each(by_path(key.path, has_build_id, search))) return file;
  if (has_build_id && try_each(debug_files_by_build_id(key.build_id_hex, search))) return file;
  if (FileDescriptor fd = ask_debuginfod(key.build_id_hex)) {
    file = {std::move(fd), key.path, {}, FileDescriptor()};
    return file;
  }
  const bool deleted = key.path.ends_with(kDeleted);
  // Memory of the program's own is mapped under such names too; code from a file has a build-id.
  if (!has_path || (deleted && !has_build_id)) return file;
  if (deleted) {
    file.problem = fmt::format(
        "{}: removed or replaced while it ran{}; its names need the file with build-id {}: install "
        "its debug package, or name its folder by --debug-dir",
        key.path, first_refusal.empty() ? "" : "; what is there now is another build",
        key.build_id_hex);
  } else if (!first_refusal.empty()) {
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
