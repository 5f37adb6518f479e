// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=subscribe
// note: every view subscribes to an event and none ever unsubscribes.
#include <array>
#include <functional>
#include <list>

#include "pace.h"

static std::list<std::function<int(int)>> listeners;

NOINLINE static void subscribe(int view) {
  std::array<char, 1000> state{};
  state[0] = static_cast<char>(view);
  listeners.emplace_back([state](int event) { return state[0] + event; });  // leaks
}

int main() {
  int sum = 0;
  for (int view = 0; view < 500; ++view) {
    subscribe(view);
    sum += listeners.back()(view);
    pause_ms(5);
  }
  keep(&sum);
}
