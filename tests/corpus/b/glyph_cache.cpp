// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: glyphs are rendered at first sight; new ones get rarer and stop before the half of the run.
#include <memory>
#include <unordered_map>
#include <vector>

#include "pace.h"

using Glyph = std::vector<unsigned char>;
static std::unordered_map<unsigned, std::unique_ptr<Glyph>> glyphs;

NOINLINE static const Glyph& glyph(unsigned code) {
  auto& place = glyphs[code];
  if (!place) place = std::make_unique<Glyph>(48 * 48, static_cast<unsigned char>(code));
  return *place;
}

int main() {
  uint32_t dice = 37;
  std::size_t ink = 0;
  for (int step = 0; step < 600; ++step) {
    Glyph line(4000);
    for (int i = 0; i < 6; ++i) {
      line[static_cast<std::size_t>(i)] = glyph(roll(&dice) % 220).front();
    }
    ink += line[0];
    pause_ms(5);
  }
  keep(&ink);
}
