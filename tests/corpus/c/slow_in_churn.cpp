// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=remember_failure
// note: a note of 300 bytes a step stays behind, under a hundred times as much that comes and goes.
#include <map>
#include <string>
#include <vector>

#include "pace.h"

static std::vector<std::string*> failures;

NOINLINE static void remember_failure(unsigned step) {
  auto* note = new std::string(300, 'f');  // leaks
  (*note)[0] = static_cast<char>('a' + step % 26);
  failures.push_back(note);
}

NOINLINE static std::size_t group_words(uint32_t& dice) {
  std::map<unsigned, std::vector<std::string>> groups;
  for (int i = 0; i < 120; ++i) groups[roll(&dice) % 20].emplace_back(100 + roll(&dice) % 200, 'w');
  return groups.size();
}

int main() {
  uint32_t dice = 91;
  std::size_t sum = 0;
  for (unsigned step = 0; step < 580; ++step) {
    sum += group_words(dice);
    remember_failure(step);
    pause_ms(5);
  }
  return sum == 0;
}
