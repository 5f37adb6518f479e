// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=remember
// note: every request makes a record that nobody keeps: the plainest leak there is.
#include <cstdio>
#include <cstdlib>

#include "pace.h"

struct Record {
  unsigned id;
  char text[2044];
};

NOINLINE static Record* remember(unsigned id) {
  auto* record = new Record;  // leaks
  record->id = id;
  std::snprintf(record->text, sizeof record->text, "request %u", id);
  return record;
}

NOINLINE static void answer(unsigned id) {
  char* reply = static_cast<char*>(std::malloc(3000));
  std::snprintf(reply, 3000, "answer %u", id);
  keep(reply);
  std::free(reply);
}

int main() {
  for (unsigned id = 0; id < 500; ++id) {
    keep(remember(id));
    answer(id);
    pause_ms(5);
  }
}
