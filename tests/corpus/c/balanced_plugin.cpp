// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// plugin: compressor.c
// note: a plugin is loaded for each archive; what it allocates it frees before it is unloaded.
#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "pace.h"

struct Interface {
  void* (*open)(unsigned level);
  unsigned (*add)(void* archive, const char* bytes, unsigned count);
  void (*close)(void* archive);
};

static unsigned write_archive(unsigned number) {
  void* plugin = dlopen("./compressor.so", RTLD_NOW);
  if (plugin == nullptr) return std::fprintf(stderr, "%s\n", dlerror()), 0;
  auto* interface = static_cast<const Interface*>(dlsym(plugin, "compressor"));
  void* archive = interface->open(number % 3);
  unsigned written = 0;
  for (unsigned i = 0; i < 24; ++i) {
    std::string member(700 + i * 40, 'm');
    written += interface->add(archive, member.data(), static_cast<unsigned>(member.size()));
    pause_ms(5);
  }
  interface->close(archive);
  dlclose(plugin);
  return written;
}

int main() {
  unsigned written = 0;
  for (unsigned number = 0; number < 22; ++number) written += write_archive(number);
  return written == 0;
}
