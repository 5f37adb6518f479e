// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=log_in
// note: sessions end when users log out; the three in ten who merely walk away stay for ever.
#include <cstring>
#include <map>
#include <memory>

#include "pace.h"

struct Session {
  unsigned leaves_at;
  bool polite;
  char basket[1200];
};

static std::map<unsigned, std::unique_ptr<Session>> sessions;

NOINLINE static void log_in(unsigned id, unsigned now, uint32_t& dice) {
  auto session = std::make_unique<Session>();  // leaks
  session->leaves_at = now + 5 + roll(&dice) % 60;
  session->polite = roll(&dice) % 10 >= 3;
  std::memset(session->basket, 0, sizeof session->basket);
  sessions.emplace(id, std::move(session));
}

NOINLINE static void log_out(unsigned now) {
  std::erase_if(sessions, [now](const auto& entry) {
    return entry.second->polite && entry.second->leaves_at <= now;
  });
}

int main() {
  uint32_t dice = 37;
  for (unsigned now = 0; now < 560; ++now) {
    for (unsigned i = 0; i < 3; ++i) log_in(now * 3 + i, now, dice);
    log_out(now);
    pause_ms(5);
  }
}
