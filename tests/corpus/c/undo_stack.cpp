// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=record_edit
// note: an editor remembers the text before every edit; the list has no limit and saving leaves it.
#include <string>
#include <vector>

#include "pace.h"

struct Undo {
  std::string before;
  std::size_t cursor;
};

static std::vector<Undo> undo;
static std::string document;

NOINLINE static void record_edit(std::size_t cursor) {
  undo.push_back({document, cursor});  // leaks
}

NOINLINE static void type(char letter, uint32_t& dice) {
  std::size_t cursor = document.empty() ? 0 : roll(&dice) % document.size();
  record_edit(cursor);
  document.insert(cursor, 1, letter);
  if (document.size() > 1500) document.resize(600);
}

int main() {
  uint32_t dice = 29;
  document.assign(600, '.');
  for (int step = 0; step < 560; ++step) {
    type(static_cast<char>('a' + step % 26), dice);
    pause_ms(5);
  }
}
