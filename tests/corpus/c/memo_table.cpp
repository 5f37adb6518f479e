// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: results are remembered until there are 350, then all are dropped and it starts anew.
#include <string>
#include <unordered_map>

#include "pace.h"

static std::unordered_map<unsigned, std::string> results;

NOINLINE static const std::string& solve(unsigned problem) {
  if (results.size() >= 350) results.clear();
  auto [place, fresh] = results.try_emplace(problem);
  if (fresh) place->second.assign(1000 + problem % 400, '=');
  return place->second;
}

int main() {
  uint32_t dice = 63;
  std::size_t sum = 0;
  for (int step = 0; step < 580; ++step) {
    for (int i = 0; i < 3; ++i) sum += solve(roll(&dice) % 1'000'000).size();
    pause_ms(5);
  }
  return sum == 0;
}
