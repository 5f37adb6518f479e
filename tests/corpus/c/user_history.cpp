// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=record
// note: the users are few and known; what each of them did is appended to a vector without end.
#include <unordered_map>
#include <vector>

#include "pace.h"

struct Event {
  unsigned long time, item, price;
  char place[40];
};

static std::unordered_map<unsigned, std::vector<Event>> history;

NOINLINE static void record(unsigned user, unsigned long time) {
  history[user].push_back({time, time * 7, time % 900, "counter"});  // leaks
}

int main() {
  uint32_t dice = 34;
  for (unsigned long time = 0; time < 560; ++time) {
    for (int i = 0; i < 12; ++i) {
      unsigned one = roll(&dice) % 80, other = roll(&dice) % 80;
      record(one < other ? one : other, time);  // some are much busier than others
    }
    pause_ms(5);
  }
  keep(&history);
}
