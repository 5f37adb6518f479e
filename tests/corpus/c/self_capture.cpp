// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=arm
// note: a timer's callback holds the timer itself; only a timer that is disarmed breaks the circle.
#include <functional>
#include <memory>

#include "pace.h"

struct Timer {
  std::function<void()> on_fire;
  unsigned fired = 0;
  char state[1100];
};

NOINLINE static std::shared_ptr<Timer> arm() {
  auto timer = std::make_shared<Timer>();  // leaks
  timer->on_fire = [timer] { ++timer->fired; };
  return timer;
}

NOINLINE static void disarm(Timer& timer) { timer.on_fire = nullptr; }

int main() {
  uint32_t dice = 8;
  for (int step = 0; step < 520; ++step) {
    for (int i = 0; i < 2; ++i) {
      auto timer = arm();
      timer->on_fire();
      if (roll(&dice) % 3 == 0) disarm(*timer);
    }
    pause_ms(5);
  }
}
