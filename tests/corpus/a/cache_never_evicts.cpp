// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=store
// note: a cache keyed by an address that never repeats: reachable, but of no use and without end.
#include <map>
#include <string>

#include "pace.h"

static std::map<std::string, std::string> pages;

NOINLINE static void store(unsigned id) {
  pages.emplace("/page?visit=" + std::to_string(id) + "&from=ad", std::string(1800, 'p'));  // leaks
}

NOINLINE static bool look_up(unsigned id) {
  return pages.find("/page?visit=" + std::to_string(id) + "&from=ad") != pages.end();
}

int main() {
  unsigned hits = 0;
  for (unsigned id = 0; id < 500; ++id) {
    store(id);
    hits += look_up(id);
    pause_ms(5);
  }
  return hits == 0;
}
