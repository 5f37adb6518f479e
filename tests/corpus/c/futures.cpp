// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: results of asynchronous work wait in line, at most 20 of them, until they are asked for.
#include <deque>
#include <future>
#include <vector>

#include "pace.h"

using Image = std::vector<unsigned char>;

NOINLINE static Image decode(unsigned number) {
  Image image(6000 + number % 5000);
  image[number % image.size()] = 1;
  pause_ms(3);
  return image;
}

int main() {
  std::deque<std::future<Image>> waiting;
  std::size_t sum = 0;
  uint32_t dice = 18;
  for (unsigned number = 0; number < 480; ++number) {
    waiting.push_back(std::async(std::launch::async, decode, number));
    std::size_t most = 8 + roll(&dice) % 13;
    while (waiting.size() > most) {
      sum += waiting.front().get().size();
      waiting.pop_front();
    }
    pause_ms(6);
  }
  while (!waiting.empty()) {
    sum += waiting.front().get().size();
    waiting.pop_front();
  }
  return sum == 0;
}
