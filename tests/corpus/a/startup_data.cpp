// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: dictionaries read at the start and kept to the end, then only short-lived work.
#include <cstdio>
#include <string>
#include <unordered_map>

#include "pace.h"

static std::unordered_map<std::string, std::string> dictionary;

NOINLINE static void load() {
  for (int word = 0; word < 2000; ++word) {
    dictionary["a rather long key number " + std::to_string(word)] = std::string(300, 'd');
  }
}

NOINLINE static std::size_t translate(unsigned word) {
  std::string key = "a rather long key number " + std::to_string(word % 2500);
  auto found = dictionary.find(key);
  return found == dictionary.end() ? 0 : std::string(found->second + key).size();
}

int main() {
  load();
  std::size_t sum = 0;
  uint32_t dice = 1;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 20; ++i) sum += translate(roll(&dice));
    pause_ms(5);
  }
  return sum == 0;
}
