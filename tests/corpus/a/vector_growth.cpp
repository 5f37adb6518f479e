// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: a table that doubles its way up in the first third and stays as large as it is.
#include <string>
#include <vector>

#include "pace.h"

static std::vector<std::string> names;

NOINLINE static void enrol(unsigned id) {
  names.push_back("the long name of participant number " + std::to_string(id) +
                  std::string(200, '.'));
}

NOINLINE static std::size_t print_badge(unsigned id) {
  std::string badge = "<badge>" + names[id % names.size()] + "</badge>";
  return badge.size();
}

int main() {
  std::size_t sum = 0;
  for (unsigned step = 0; step < 540; ++step) {
    if (step < 180) {
      for (unsigned i = 0; i < 20; ++i) enrol(step * 20 + i);
    }
    for (unsigned i = 0; i < 10; ++i) sum += print_badge(step * 31 + i);
    pause_ms(5);
  }
  return sum == 0;
}
