// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=poll_sensor
// note: the leaking thread is detached and outlived by main, which allocates in an orderly way.
#include <atomic>
#include <thread>
#include <vector>

#include "pace.h"

static std::atomic<bool> stop{false};

NOINLINE static void poll_sensor(unsigned step) {
  auto* reading = new double[300];  // leaks
  reading[0] = step;
  keep(reading);
}

NOINLINE static void redraw() {
  std::vector<int> pixels(2000, 1);
  keep(pixels.data());
}

static void watch() {
  for (unsigned step = 0; !stop; ++step) {
    poll_sensor(step);
    pause_ms(5);
  }
}

int main() {
  std::thread(watch).detach();
  for (int frame = 0; frame < 250; ++frame) {
    redraw();
    pause_ms(10);
  }
  stop = true;
  pause_ms(30);
}
