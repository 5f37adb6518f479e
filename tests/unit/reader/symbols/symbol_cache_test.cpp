// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/symbol_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "reader/symbols/symbolizer.hpp"
#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

namespace fs = std::filesystem;

const std::string kBuild = "00112233445566778899aabbccddeeff00112233";

std::string answers_of(const std::string& source, const std::string& function, size_t padding = 0) {
  AnswersWriter writer(source, "");
  writer.add(1, {{function, std::string(padding, 'x'), 1, false}});
  return writer.bytes();
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

SymbolStatistics asked(const std::string& cache, const ModuleKey& key, uint64_t address,
                       std::string* function = nullptr) {
  SearchPaths search;
  search.cache = SymbolCache(cache, SymbolCache::kDefaultMaxBytes);
  Symbolizer symbolizer(search);
  const Frame frame = symbolizer.resolve(key, address).front();
  if (function != nullptr) *function = std::string(frame.function);
  return symbolizer.statistics();
}

}  // namespace

TEST_CASE("the cache keeps answers by build-id and source, in a folder of the user's alone") {
  ScratchFolder scratch;
  const SymbolCache cache(scratch.path("a/b"), SymbolCache::kDefaultMaxBytes);
  CHECK_FALSE(cache.load(kBuild, "s"));
  cache.store(kBuild, "s", answers_of("s", "f"));
  REQUIRE(cache.load(kBuild, "s"));
  CHECK(cache.load(kBuild, "s")->find(1)->front().function == "f");
  CHECK_FALSE(cache.load(kBuild, "t"));
  CHECK_FALSE(cache.load("ff" + kBuild, "s"));
  struct stat info;
  REQUIRE(stat(scratch.path("a/b").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  REQUIRE(files_in(cache.folder()).size() == 1);
  REQUIRE(stat(files_in(cache.folder())[0].c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a build-id that is no build-id never becomes a file name") {
  ScratchFolder scratch;
  const SymbolCache cache(scratch.path("c"), SymbolCache::kDefaultMaxBytes);
  for (const char* id : {"", "../../x", "zz11", "AA11"}) cache.store(id, "s", answers_of("s", "f"));
  CHECK_FALSE(fs::exists(cache.folder()));
}

TEST_CASE("a cache file that is broken, a link, or open to others is as good as none") {
  ScratchFolder scratch;
  const SymbolCache cache(scratch.path("c"), SymbolCache::kDefaultMaxBytes);
  cache.store(kBuild, "s", answers_of("s", "f"));
  const fs::path file = files_in(cache.folder()).at(0);
  SECTION("cut short") { fs::resize_file(file, 20); }
  SECTION("empty") { fs::resize_file(file, 0); }
  SECTION("a hole of a terabyte") { fs::resize_file(file, uint64_t{1} << 40); }
  SECTION("a symbolic link") {
    fs::rename(file, scratch.path("elsewhere"));
    fs::create_symlink(scratch.path("elsewhere"), file);
  }
  SECTION("a FIFO") {
    fs::remove(file);
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  }
  SECTION("others can write to it") { fs::permissions(file, fs::perms(0622)); }
  SECTION("others can write to the folder") {
    fs::permissions(cache.folder(), fs::perms(0777));
    CHECK_FALSE(cache.load(kBuild, "s"));
    cache.store(kBuild, "u", answers_of("u", "f"));
    CHECK_FALSE(cache.load(kBuild, "u"));
    fs::permissions(cache.folder(), fs::perms(0700));
    fs::resize_file(file, 0);
  }
  CHECK_FALSE(cache.load(kBuild, "s"));
  // And it is replaced.
  cache.store(kBuild, "s", answers_of("s", "g"));
  REQUIRE(cache.load(kBuild, "s"));
  CHECK(cache.load(kBuild, "s")->find(1)->front().function == "g");
}

TEST_CASE("a folder that can't be made is no cache and no error") {
  ScratchFolder scratch;
  std::ofstream(scratch.path("file")) << "x";
  for (const std::string& folder :
       {scratch.path("file/c"), std::string("/proc/1/nothing/c"), std::string()}) {
    const SymbolCache cache(folder, SymbolCache::kDefaultMaxBytes);
    cache.store(kBuild, "s", answers_of("s", "f"));
    CHECK_FALSE(cache.load(kBuild, "s"));
  }
}

TEST_CASE("beyond its size the cache drops what was not used for longest") {
  ScratchFolder scratch;
  const std::string one = answers_of("s", "f", 10'000);
  const SymbolCache cache(scratch.path("c"), 3 * one.size() + 100);
  const auto id = [](int number) { return fmt::format("{:040x}", number); };
  for (int i = 0; i < 3; ++i) {
    cache.store(id(i), "s", one);
    for (const fs::path& found : files_in(cache.folder())) {
      if (!found.filename().string().starts_with(id(i))) continue;
      const timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
      REQUIRE(utimensat(AT_FDCWD, found.c_str(), times, 0) == 0);
    }
  }
  REQUIRE(cache.load(id(0), "s"));  // used: the second one is now the oldest
  cache.store(id(3), "s", one);
  cache.shrink();
  CHECK(cache.load(id(0), "s"));
  CHECK_FALSE(cache.load(id(1), "s"));
  CHECK(cache.load(id(2), "s"));
  CHECK(cache.load(id(3), "s"));
}

TEST_CASE("the second question is answered by the cache, until the file is another one") {
  ScratchFolder scratch;
  const std::string program = scratch.build("g++ -g");
  const ModuleKey key{program, scratch.build_id(program)};
  const uint64_t main_at = scratch.function(program, "main").first;
  const std::string cache = scratch.path("cache");
  CHECK(asked(cache, key, main_at).cache_misses == 1);
  std::string function;
  const SymbolStatistics second = asked(cache, key, main_at, &function);
  CHECK(second.cache_hits == 1);
  CHECK(second.cache_misses == 0);
  CHECK(function == "main");
  CHECK(asked(cache, key, main_at + 1).cache_misses == 1);
  CHECK(asked(cache, key, main_at).cache_hits == 1);
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(utimensat(AT_FDCWD, program.c_str(), times, 0) == 0);
  CHECK(asked(cache, key, main_at).cache_misses == 1);
}

TEST_CASE("DBGTRACE_CACHE_SIZE, XDG_CACHE_HOME and HOME say where the cache is") {
  const char* names[] = {"DBGTRACE_CACHE_SIZE", "XDG_CACHE_HOME", "HOME"};
  std::vector<std::optional<std::string>> before;
  for (const char* name : names) {
    const char* value = std::getenv(name);
    before.push_back(value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }
  setenv("XDG_CACHE_HOME", "/x", 1);
  setenv("HOME", "/h", 1);
  unsetenv("DBGTRACE_CACHE_SIZE");
  CHECK(SymbolCache::of_user().folder() == "/x/dbgtrace");
  CHECK(SymbolCache::of_user().max_bytes() == SymbolCache::kDefaultMaxBytes);
  setenv("DBGTRACE_CACHE_SIZE", "3M", 1);
  CHECK(SymbolCache::of_user().max_bytes() == 3u << 20);
  setenv("DBGTRACE_CACHE_SIZE", "0", 1);
  CHECK(SymbolCache::of_user().folder().empty());
  unsetenv("DBGTRACE_CACHE_SIZE");
  setenv("XDG_CACHE_HOME", "relative", 1);
  CHECK(SymbolCache::of_user().folder() == "/h/.cache/dbgtrace");
  unsetenv("HOME");
  CHECK(SymbolCache::of_user().folder().empty());
  for (size_t i = 0; i < 3; ++i) {
    before[i] ? setenv(names[i], before[i]->c_str(), 1) : unsetenv(names[i]);
  }
}

}  // namespace dbgtrace::reader::symbols
