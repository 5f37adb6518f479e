// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: the receiver of a spool is away for a quarter of the run; then it catches up and keeps up.
#include <deque>
#include <string>

#include "pace.h"

static std::deque<std::string> spool;

NOINLINE static void post(unsigned number) { spool.emplace_back(1200 + number % 300, 'm'); }

NOINLINE static std::size_t deliver(std::size_t most) {
  std::size_t sent = 0;
  while (most-- > 0 && !spool.empty()) {
    sent += spool.front().size();
    spool.pop_front();
  }
  return sent;
}

int main() {
  std::size_t sent = 0;
  for (unsigned step = 0; step < 580; ++step) {
    post(step * 2);
    post(step * 2 + 1);
    bool away = step > 150 && step < 300;
    if (!away) sent += deliver(5);
    pause_ms(5);
  }
  return sent == 0;
}
