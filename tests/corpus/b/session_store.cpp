// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: sessions expire on a fixed time to live of three tenths of the run.
#include <deque>
#include <memory>
#include <string>

#include "pace.h"

struct Session {
  unsigned opened;
  std::string user;
  char data[1400];
};

static std::deque<std::unique_ptr<Session>> sessions;

NOINLINE static void log_in(unsigned now) {
  auto session = std::make_unique<Session>();
  session->opened = now;
  session->user = "user with a longish name " + std::to_string(now);
  sessions.push_back(std::move(session));
}

NOINLINE static void expire(unsigned now) {
  while (!sessions.empty() && now - sessions.front()->opened > 180) sessions.pop_front();
}

int main() {
  for (unsigned now = 0; now < 600; ++now) {
    for (int i = 0; i < 3; ++i) log_in(now);
    expire(now);
    pause_ms(5);
  }
}
