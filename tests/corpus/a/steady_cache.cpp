// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a direct-mapped cache: full after a tenth of the run, then each entry replaces another.
#include <memory>
#include <vector>

#include "pace.h"

static std::vector<std::unique_ptr<char[]>> slots(64);

NOINLINE static void put(unsigned key) {
  slots[key % slots.size()] = std::make_unique<char[]>(2500);
  keep(slots[key % slots.size()].get());
}

int main() {
  uint32_t dice = 21;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 2; ++i) put(roll(&dice) >> 8);
    pause_ms(5);
  }
}
