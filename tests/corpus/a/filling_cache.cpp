// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a bounded cache that takes two fifths of the run to fill and is only read from then on.
#include <map>
#include <string>

#include "pace.h"

static std::map<unsigned, std::string> tiles;

NOINLINE static const std::string& tile(unsigned key) {
  auto found = tiles.find(key);
  if (found == tiles.end()) found = tiles.emplace(key, std::string(3000, 't')).first;
  return found->second;
}

int main() {
  std::size_t sum = 0;
  for (unsigned step = 0; step < 600; ++step) {
    sum += tile(step % 240).size();
    sum += std::string(tile(step % 17)).size();
    pause_ms(5);
  }
  return sum == 0;
}
