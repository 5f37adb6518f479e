// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: an LRU with a budget of bytes, not of entries; it is full after a quarter of the run.
#include <list>
#include <string>
#include <unordered_map>

#include "pace.h"

struct Entry {
  unsigned key;
  std::string value;
};

static std::list<Entry> entries;
static std::unordered_map<unsigned, std::list<Entry>::iterator> by_key;
static std::size_t held_bytes = 0;

NOINLINE static void insert(unsigned key, std::size_t size) {
  entries.push_front({key, std::string(size, 'v')});
  by_key[key] = entries.begin();
  held_bytes += size;
  while (held_bytes > 450'000) {
    held_bytes -= entries.back().value.size();
    by_key.erase(entries.back().key);
    entries.pop_back();
  }
}

NOINLINE static std::size_t look_up(unsigned key, uint32_t& dice) {
  auto found = by_key.find(key);
  if (found == by_key.end()) {
    insert(key, 200 + roll(&dice) % 5800);
  } else {
    entries.splice(entries.begin(), entries, found->second);
  }
  return entries.front().value.size();
}

int main() {
  uint32_t dice = 58;
  std::size_t sum = 0;
  for (int step = 0; step < 560; ++step) {
    for (int i = 0; i < 2; ++i) sum += look_up(roll(&dice) % 500, dice);
    pause_ms(5);
  }
  return sum == 0;
}
