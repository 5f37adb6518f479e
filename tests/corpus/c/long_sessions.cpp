// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: sessions live for half of the run: it takes that long until as many end as begin.
#include <deque>
#include <memory>

#include "pace.h"

struct Session {
  unsigned begun;
  char cart[1100];
};

static std::deque<std::unique_ptr<Session>> sessions;

NOINLINE static void begin(unsigned now) {
  sessions.push_back(std::make_unique<Session>());
  sessions.back()->begun = now;
}

NOINLINE static void expire(unsigned now) {
  while (!sessions.empty() && now - sessions.front()->begun >= 310) sessions.pop_front();
}

int main() {
  for (unsigned now = 0; now < 620; ++now) {
    begin(now);
    begin(now);
    expire(now);
    pause_ms(5);
  }
}
