// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/link_map.hpp"

#include <dlfcn.h>

#include <catch2/catch.hpp>

namespace dbgtrace::hooks::os {

TEST_CASE("a symbol is where the loader finds it") {
  CHECK(find_anywhere("getpid") == dlsym(RTLD_DEFAULT, "getpid"));
  CHECK(find_anywhere("qsort") == dlsym(RTLD_DEFAULT, "qsort"));
  CHECK(find_anywhere("__cxa_throw") == dlsym(RTLD_DEFAULT, "__cxa_throw"));
  CHECK(find_anywhere("no_library_has_this") == nullptr);
}

TEST_CASE("every symbol of every object is found by its name alone") {
  // Names that fall on the same bit of a Bloom filter or the same bucket must not hide each other.
  void* address = nullptr;
  const link_map* libc = definer_after(first_object(), "qsort", address);
  REQUIRE(libc != nullptr);
  CHECK(address == dlsym(RTLD_DEFAULT, "qsort"));
  for (const SymbolName& name :
       {SymbolName("abort"), SymbolName("fopen"), SymbolName("printf"), SymbolName("strtoul"),
        SymbolName("sigaction"), SymbolName("pthread_create"), SymbolName("mmap64")}) {
    CAPTURE(name.text);
    CHECK(find_in_object(*libc, name) == dlsym(RTLD_DEFAULT, name.text));
  }
  CHECK(find_in_object(*libc, "__cxa_throw") == nullptr);
}

TEST_CASE("a search for many leaves alone what nobody defines") {
  int mark = 0;
  void* found = nullptr;
  void* absent = &mark;
  Wanted symbols[] = {{"getppid", &found}, {"no_library_has_this", &absent}};
  find_all(symbols);
  CHECK(found == dlsym(RTLD_DEFAULT, "getppid"));
  CHECK(absent == &mark);
  REQUIRE(symbols[0].object != nullptr);
  CHECK(find_in_object(*symbols[0].object, "getppid") == found);
  CHECK(symbols[1].object == nullptr);

  void* behind_libc = &mark;
  Wanted again[] = {{"getppid", &behind_libc}};
  find_all_after(symbols[0].object, again);
  CHECK(behind_libc == &mark);
  find_all_after(nullptr, again);
  CHECK(behind_libc == &mark);
}

TEST_CASE("names are hashed as the format says") {
  CHECK(SymbolName("").hash == 5381);
  CHECK(SymbolName("printf").hash == 0x156b2bb8);
  CHECK(SymbolName("syscall").hash == 0xbac212a0);
}

}  // namespace dbgtrace::hooks::os
