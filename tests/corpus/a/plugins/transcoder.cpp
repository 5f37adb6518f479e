// SPDX-License-Identifier: Apache-2.0
// The plugin of plugin_leak.cpp: keeps its scratch buffer for ever.
#include <cstdlib>
#include <cstring>

#include "pace.h"

extern "C" NOINLINE int transcode(unsigned frame) {
  auto* scratch = static_cast<unsigned char*>(std::malloc(3500));  // leaks
  std::memset(scratch, static_cast<int>(frame & 0x7f) | 1, 3500);
  keep(scratch);
  return scratch[frame % 3500];
}
