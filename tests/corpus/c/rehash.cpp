// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a hash table whose population wanders between 200 and 700; now and then it rehashes.
#include <string>
#include <unordered_map>

#include "pace.h"

static std::unordered_map<unsigned, std::string> players;

NOINLINE static void join(unsigned id) { players.emplace(id, std::string(900, 'p')); }

NOINLINE static void part(uint32_t& dice) {
  auto bucket = roll(&dice) % players.bucket_count();
  while (players.bucket_size(bucket) == 0) bucket = (bucket + 1) % players.bucket_count();
  players.erase(players.begin(bucket)->first);
}

int main() {
  uint32_t dice = 25;
  unsigned id = 0, wanted = 300;
  for (int step = 0; step < 560; ++step) {
    if (step % 40 == 0) wanted = 200 + roll(&dice) % 500;
    for (int i = 0; i < 3; ++i) {
      join(id++);
      part(dice);
    }
    for (int i = 0; i < 12 && players.size() < wanted; ++i) join(id++);
    for (int i = 0; i < 12 && players.size() > wanted; ++i) part(dice);
    pause_ms(5);
  }
}
