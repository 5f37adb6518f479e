// SPDX-License-Identifier: Apache-2.0
// Everything goes through a descriptor of the folder, so that what was checked is what is used.
#include "reader/symbols/symbol_cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "reader/symbols/elf_file.hpp"
#include "reader/symbols/regular_file.hpp"
#include "ring/checksum.hpp"

namespace dbgtrace::reader::symbols {
namespace {

// A bigger file would take longer to check than its answers are worth.
constexpr size_t kMaxFileBytes = size_t{128} << 20;
constexpr std::string_view kSuffix = ".syms";
constexpr std::string_view kUnfinished = ".new-";
constexpr time_t kUnfinishedForTooLong_s = 3600;

bool is_ours_alone(const struct stat& info) {
  return info.st_uid == geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// The folder, if it is a real one of ours that nobody else can write to.
FileDescriptor open_folder(const std::string& path) {
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info;
  if (!fd || fstat(fd.get(), &info) != 0 || !is_ours_alone(info)) return FileDescriptor();
  return fd;
}

// Only below a folder of ours: a home that is not there is not made, and another user's stays his.
FileDescriptor make_folder(const std::string& path) {
  if (FileDescriptor fd = open_folder(path)) return fd;
  std::string base = path;
  struct stat info;
  std::vector<std::string> missing;
  while (base.size() > 1 && stat(base.c_str(), &info) != 0) {
    if (errno != ENOENT) return FileDescriptor();
    missing.push_back(base);
    base.resize(std::max<size_t>(base.rfind('/'), 1));
  }
  if (missing.empty() || missing.size() > 3 || info.st_uid != geteuid()) return FileDescriptor();
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    if (mkdir(folder->c_str(), S_IRWXU) != 0 && errno != EEXIST) return FileDescriptor();
  }
  return open_folder(path);
}

std::string name_of(const std::string& build_id_hex, std::string_view source) {
  return fmt::format("{}-{:08x}{}", build_id_hex, ring::crc32c(source.data(), source.size()),
                     kSuffix);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

uint64_t wanted_bytes() {
  const char* text = std::getenv("DBGTRACE_CACHE_SIZE");
  if (text == nullptr || *text == '\0') return SymbolCache::kDefaultMaxBytes;
  const std::string_view word(text);
  uint64_t value = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc() || value >> 40 != 0) return SymbolCache::kDefaultMaxBytes;
  const std::string_view unit(end, word.data() + word.size() - end);
  if (unit.empty()) return value;
  if (unit == "K" || unit == "k") return value << 10;
  if (unit == "M" || unit == "m") return value << 20;
  if (unit == "G" || unit == "g") return value << 30;
  return SymbolCache::kDefaultMaxBytes;
}

}  // namespace

SymbolCache SymbolCache::of_user() {
  const uint64_t max_bytes = wanted_bytes();
  if (max_bytes == 0) return {};
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return {std::string(cache) + "/dbgtrace", max_bytes};
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return {std::string(home) + "/.cache/dbgtrace", max_bytes};
}

std::optional<Answers> SymbolCache::load(const std::string& build_id_hex,
                                         std::string_view source) const {
  if (folder_.empty() || !is_build_id(build_id_hex)) return std::nullopt;
  const FileDescriptor folder = open_folder(folder_);
  if (!folder) return std::nullopt;
  const std::string name = name_of(build_id_hex, source);
  const FileDescriptor file(
      openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info;
  if (!file || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || !is_ours_alone(info)) {
    return std::nullopt;
  }
  std::optional<Answers> answers = Answers::parse(read_whole(file, kMaxFileBytes));
  if (!answers || answers->source() != source) return std::nullopt;
  // Its time says when it was used last; a folder that can't be written keeps the old one.
  utimensat(folder.get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return answers;
}

void SymbolCache::store(const std::string& build_id_hex, std::string_view source,
                        const std::string& bytes) const {
  if (folder_.empty() || !is_build_id(build_id_hex)) return;
  if (bytes.size() > kMaxFileBytes || bytes.size() > max_bytes_) return;
  const FileDescriptor folder = make_folder(folder_);
  if (!folder) return;
  static std::atomic<unsigned> count{0};
  const std::string unfinished = fmt::format("{}{}-{}", kUnfinished, getpid(), count++);
  const FileDescriptor file(openat(folder.get(), unfinished.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   S_IRUSR | S_IWUSR));
  if (!file) return;
  if (!write_all(file.get(), bytes) || renameat(folder.get(), unfinished.c_str(), folder.get(),
                                                name_of(build_id_hex, source).c_str()) != 0) {
    unlinkat(folder.get(), unfinished.c_str(), 0);
  }
}

void SymbolCache::shrink() const {
  struct Entry {
    std::string name;
    timespec used;
    uint64_t size_bytes;
  };
  struct Close {
    void operator()(DIR* list) const { closedir(list); }
  };
  FileDescriptor fd = open_folder(folder_);
  if (!fd) return;
  const std::unique_ptr<DIR, Close> list(fdopendir(fd.get()));
  if (!list) return;
  const int folder = fd.release();  // the list's from now on
  std::vector<Entry> entries;
  uint64_t all_bytes = 0;
  while (const dirent* found = readdir(list.get())) {
    const std::string_view name(found->d_name);
    struct stat info;
    const bool unfinished = name.starts_with(kUnfinished);
    if (!unfinished && !name.ends_with(kSuffix)) continue;
    if (fstatat(folder, found->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!unfinished) {
      all_bytes += static_cast<uint64_t>(info.st_size);
      entries.push_back({found->d_name, info.st_mtim, static_cast<uint64_t>(info.st_size)});
    } else if (info.st_mtim.tv_sec + kUnfinishedForTooLong_s < std::time(nullptr)) {
      unlinkat(folder, found->d_name, 0);
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec
                                          : a.used.tv_nsec < b.used.tv_nsec;
  });
  for (const Entry& entry : entries) {
    if (all_bytes <= max_bytes_) break;
    if (unlinkat(folder, entry.name.c_str(), 0) == 0) all_bytes -= entry.size_bytes;
  }
}

}  // namespace dbgtrace::reader::symbols
