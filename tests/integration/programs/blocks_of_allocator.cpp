// SPDX-License-Identifier: Apache-2.0
// Asks the allocator named in argv[1] whether blocks from malloc and from operator new are its own.
// Leaks 100 blocks of 6001 bytes from malloc and 100 of 6007 from operator new.
#include <dlfcn.h>

#include <new>

#include "victim.h"

namespace {

template <typename Function>
Function find(const char* name) {
  void* address = dlsym(RTLD_DEFAULT, name);
  REQUIRE(address != nullptr);
  return reinterpret_cast<Function>(address);
}

bool owned(const char* allocator, const void* block) {
  if (strcmp(allocator, "mimalloc") == 0) {
    return find<bool (*)(const void*)>("mi_is_in_heap_region")(block);
  }
  if (strcmp(allocator, "tcmalloc") == 0) {
    constexpr int kOwned = 1;
    return find<int (*)(const void*)>("MallocExtension_GetOwnership")(block) == kOwned;
  }
  // jemalloc knows the arena of its own blocks only.
  unsigned arena = 0;
  size_t size_bytes = sizeof arena;
  const auto control = find<int (*)(const char*, void*, size_t*, const void*, size_t)>("mallctl");
  return control("arenas.lookup", &arena, &size_bytes, &block, sizeof block) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  int from_malloc = 0, from_new = 0;
  for (int i = 0; i < 100; ++i) {
    from_malloc += owned(argv[1], leak(6001));
    victim_sink = operator new(6007);
    from_new += owned(argv[1], victim_sink);
    operator delete (operator new (6011, std::align_val_t{64}), std::align_val_t{64});
  }
  say("%d from malloc, %d from new\n", from_malloc, from_new);
  return 0;
}
