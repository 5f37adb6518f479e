// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: two arenas in turn, each released before its next frame; frames get larger for a third of
// the run.
#include <algorithm>
#include <array>
#include <memory_resource>
#include <vector>

#include "pace.h"

struct Sprite {
  float x, y, depth;
  char name[36];
};

static std::array<std::pmr::monotonic_buffer_resource, 2> arenas;

NOINLINE static std::size_t draw_frame(unsigned number, std::size_t sprites) {
  auto& arena = arenas[number % 2];
  arena.release();
  std::pmr::vector<std::pmr::vector<Sprite>> layers(&arena);
  for (int layer = 0; layer < 4; ++layer) {
    layers.emplace_back();
    for (std::size_t i = 0; i < sprites; ++i) layers.back().push_back({1, 2, 3, "sprite"});
  }
  keep(&layers);
  return layers.size();
}

int main() {
  std::size_t sum = 0;
  for (unsigned number = 0; number < 560; ++number) {
    sum += draw_frame(number, 100 + 2 * std::min(number, 190U));
    pause_ms(5);
  }
  return sum == 0;
}
