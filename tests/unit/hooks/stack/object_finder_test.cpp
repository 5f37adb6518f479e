// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/object_finder.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "hooks/stack/module_list.hpp"

using namespace dbgtrace::hooks::stack;

namespace {

struct Loaded {
  uintptr_t code = 0;
  uintptr_t eh_frame_hdr = 0;
};

// The loader's own account of what is loaded.
std::vector<Loaded> loaded_objects() {
  std::vector<Loaded> all;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* into) {
        Loaded loaded;
        for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
            loaded.code = info->dlpi_addr + segment.p_vaddr;
          }
          if (segment.p_type == PT_GNU_EH_FRAME) {
            loaded.eh_frame_hdr = info->dlpi_addr + segment.p_vaddr;
          }
        }
        static_cast<std::vector<Loaded>*>(into)->push_back(loaded);
        return 0;
      },
      &all);
  return all;
}

size_t open_descriptors() {
  size_t count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

TEST_CASE("the module list knows every loaded object and its frame information") {
  const auto modules = std::make_unique<ModuleList>();
  Module module;
  CHECK_FALSE(modules->find(reinterpret_cast<uintptr_t>(&qsort), module));
  const size_t before = open_descriptors();
  REQUIRE(modules->refresh());
  CHECK(open_descriptors() == before);
  const auto all = loaded_objects();
  CHECK(modules->size() >= all.size());
  for (const Loaded& loaded : all) {
    REQUIRE(modules->find(loaded.code, module));
    CHECK(module.eh_frame_hdr == loaded.eh_frame_hdr);
    CHECK(module.map_start <= loaded.code);
    CHECK(module.map_end > loaded.eh_frame_hdr);
  }
  int on_stack = 0;
  CHECK_FALSE(modules->find(reinterpret_cast<uintptr_t>(&on_stack), module));
  CHECK_FALSE(modules->find(0, module));
  CHECK_FALSE(modules->find(UINTPTR_MAX, module));
}

TEST_CASE("a library that was mapped as data is not taken for a loaded one") {
  Dl_info info;
  REQUIRE(dladdr(reinterpret_cast<void*>(&qsort), &info) != 0);
  const int file = open(info.dli_fname, O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  struct stat status;
  fstat(file, &status);
  const auto size = static_cast<size_t>(status.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  REQUIRE(data != MAP_FAILED);
  const auto modules = std::make_unique<ModuleList>();
  REQUIRE(modules->refresh());
  Module module;
  CHECK_FALSE(modules->find(reinterpret_cast<uintptr_t>(data) + 4096, module));
  munmap(data, size);
}

TEST_CASE("a refresh replaces what was known") {
  const auto modules = std::make_unique<ModuleList>();
  REQUIRE(modules->refresh());
  REQUIRE(modules->refresh());
  REQUIRE(modules->refresh());
  Module module;
  CHECK(modules->find(reinterpret_cast<uintptr_t>(&qsort), module));
}

TEST_CASE("with the loader's index and without it the same object is found") {
  const auto pc = reinterpret_cast<uintptr_t>(&qsort);
  set_dl_find_object(nullptr);
  CHECK_FALSE(refresh_objects(SystemCalls::kForbidden));
  REQUIRE(refresh_objects(SystemCalls::kAllowed));
  CodeObject from_maps;
  REQUIRE(find_object(pc, from_maps));
  void* index = dlsym(RTLD_DEFAULT, "_dl_find_object");
  if (index == nullptr) return;  // glibc before 2.35
  set_dl_find_object(index);
  CHECK(refresh_objects(SystemCalls::kForbidden));
  CodeObject from_loader;
  REQUIRE(find_object(pc, from_loader));
  CHECK(from_loader.eh_frame_hdr == from_maps.eh_frame_hdr);
  CHECK(from_loader.map_start == from_maps.map_start);
  CHECK(from_loader.identity != nullptr);
  CHECK_FALSE(find_object(16, from_loader));
}
