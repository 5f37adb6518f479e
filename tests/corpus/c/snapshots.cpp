// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a copy of the whole state every 200 ms; the last three copies are kept.
#include <deque>
#include <string>
#include <vector>

#include "pace.h"

using State = std::vector<std::string>;

static State state;
static std::deque<State> snapshots;

NOINLINE static void change(uint32_t& dice) {
  state[roll(&dice) % state.size()].assign(300 + roll(&dice) % 500, 's');
}

NOINLINE static void take_snapshot() {
  snapshots.push_back(state);
  if (snapshots.size() > 3) snapshots.pop_front();
}

int main() {
  uint32_t dice = 15;
  state.assign(220, std::string(500, 's'));
  for (int step = 0; step < 570; ++step) {
    for (int i = 0; i < 4; ++i) change(dice);
    if (step % 40 == 20) take_snapshot();
    pause_ms(5);
  }
}
