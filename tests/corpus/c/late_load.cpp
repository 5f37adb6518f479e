// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: the first user of the reporting part comes after 60 % of the run: its tables are loaded
// then.
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

struct Table {
  unsigned number;
  char rows[1900];
};

static std::vector<std::unique_ptr<Table>> tables;

NOINLINE static void load_reporting() {
  for (unsigned number = 0; number < 260; ++number) {
    tables.push_back(std::make_unique<Table>());
    tables.back()->number = number;
    if (number % 20 == 0) pause_ms(5);
  }
}

NOINLINE static std::size_t handle(unsigned step) {
  std::string reply(900 + step % 700, 'r');
  return reply.size() + tables.size();
}

int main() {
  std::size_t sum = 0;
  for (unsigned step = 0; step < 570; ++step) {
    if (step == 340) load_reporting();
    for (int i = 0; i < 4; ++i) sum += handle(step);
    pause_ms(5);
  }
  return sum == 0;
}
