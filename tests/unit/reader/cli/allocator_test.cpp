// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/allocator.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dbgtrace::reader::cli {
namespace {

// Two folders of empty libraries, gone with it.
class Folders {
 public:
  Folders() {
    char name[] = "/tmp/dbgtrace-allocator-XXXXXX";
    root_ = mkdtemp(name);
    for (const std::string& folder : list()) std::filesystem::create_directory(folder);
  }
  ~Folders() { std::filesystem::remove_all(root_); }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;

  std::vector<std::string> list() const { return {root_ + "/first", root_ + "/second"}; }
  std::string add(const std::string& name) const {
    std::ofstream(root_ + "/" + name) << "";
    return root_ + "/" + name;
  }

 private:
  std::string root_;
};

}  // namespace

TEST_CASE("an allocator that is not installed is named with its package") {
  const Folders folders;
  for (const std::string& name : allocator_names()) {
    const AllocatorLibraries found = find_allocator(name, folders.list());
    CHECK(found.preload.empty());
    CHECK(found.message.find(name + " is not installed") == 0);
    CHECK(found.message.find("apt-get install lib" + name) != std::string::npos);
    CHECK(found.message.find(folders.list()[1]) != std::string::npos);
  }
}

TEST_CASE("the version that is known best wins, then the earlier folder") {
  const Folders folders;
  const std::string plain = folders.add("first/libmimalloc.so");
  CHECK(find_allocator("mimalloc", folders.list()).preload == plain);
  const std::string second = folders.add("second/libmimalloc.so.2");
  CHECK(find_allocator("mimalloc", folders.list()).preload == second);
  const std::string first = folders.add("first/libmimalloc.so.2");
  CHECK(find_allocator("mimalloc", folders.list()).preload == first);
}

TEST_CASE("folders of LD_LIBRARY_PATH come before the system's") {
  setenv("LD_LIBRARY_PATH", "/opt/one:relative::/opt/two", 1);
  const std::vector<std::string> folders = library_folders();
  unsetenv("LD_LIBRARY_PATH");
  REQUIRE(folders.size() > 3);
  CHECK(folders[0] == "/opt/one");
  CHECK(folders[1] == "/opt/two");
  CHECK(folders[2].starts_with("/usr/local/lib"));
}

}  // namespace dbgtrace::reader::cli
