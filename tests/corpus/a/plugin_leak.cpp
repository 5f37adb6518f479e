// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=transcode
// plugin: transcoder.cpp
// note: a plugin loses a buffer on each call and is dlclosed long before the program ends.
#include <dlfcn.h>

#include <cstdio>

#include "pace.h"

int main() {
  void* plugin = dlopen("./transcoder.so", RTLD_NOW);
  if (plugin == nullptr) return std::fprintf(stderr, "%s\n", dlerror()), 1;
  auto* transcode = reinterpret_cast<int (*)(unsigned)>(dlsym(plugin, "transcode"));
  int sum = 0;
  for (unsigned frame = 0; frame < 400; ++frame) {
    sum += transcode(frame);
    pause_ms(5);
  }
  dlclose(plugin);
  pause_ms(500);
  return sum == 0;
}
