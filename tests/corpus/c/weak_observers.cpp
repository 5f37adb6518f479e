// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=open_panel
// note: closed panels are destroyed, but a weak_ptr keeps the block that make_shared put them in.
#include <memory>
#include <vector>

#include "pace.h"

struct Panel {
  unsigned id = 0;
  char pixels[1500];
};

static std::vector<std::weak_ptr<Panel>> observers;

NOINLINE static std::shared_ptr<Panel> open_panel(unsigned id) {
  auto panel = std::make_shared<Panel>();  // leaks
  panel->id = id;
  observers.push_back(panel);
  return panel;
}

NOINLINE static unsigned notify() {
  unsigned alive = 0;
  for (const auto& observer : observers) alive += !observer.expired();
  return alive;
}

int main() {
  unsigned told = 0;
  for (unsigned id = 0; id < 560; ++id) {
    auto panel = open_panel(id);
    keep(panel.get());
    told += notify();
    pause_ms(5);
  }
  return told == 0;
}
