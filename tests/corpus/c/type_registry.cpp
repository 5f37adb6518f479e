// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=register_type
// plugin: shapes.cpp
// note: a plugin registers its types with the host at each load; its unload takes none of them
// away.
#include <dlfcn.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

struct Type {
  std::string name;
  char methods[700];
};

static std::vector<std::unique_ptr<Type>> types;

extern "C" NOINLINE void register_type(const char* name) {
  auto type = std::make_unique<Type>();  // leaks
  type->name = name;
  types.push_back(std::move(type));
}

static bool load_and_unload() {
  void* plugin = dlopen("./shapes.so", RTLD_NOW);
  if (plugin == nullptr) return std::fprintf(stderr, "%s\n", dlerror()), false;
  auto* announce = reinterpret_cast<void (*)(void (*)(const char*))>(dlsym(plugin, "announce"));
  announce(register_type);
  pause_ms(10);
  dlclose(plugin);
  return true;
}

int main() {
  for (int round = 0; round < 200; ++round) {
    if (!load_and_unload()) return 1;
    pause_ms(3);
  }
}
