// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: the load comes in slow waves, two and a quarter of them: the recording ends on a crest.
#include <cmath>
#include <deque>
#include <string>

#include "pace.h"

static std::deque<std::string> calls;

NOINLINE static void answer_call(unsigned number) { calls.emplace_back(1300 + number % 200, 'c'); }

int main() {
  unsigned number = 0;
  for (unsigned step = 0; step < 585; ++step) {
    auto wanted = static_cast<std::size_t>(190 + 150 * std::sin(step * 6.2832 / 260));
    for (int i = 0; i < 2; ++i) answer_call(number++);
    for (int i = 0; i < 6 && calls.size() < wanted; ++i) answer_call(number++);
    while (calls.size() > wanted) calls.pop_front();
    pause_ms(5);
  }
}
