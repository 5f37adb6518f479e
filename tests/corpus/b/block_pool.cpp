// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: slabs by operator new[] under a free list; the load, and the slabs with it, peaks at a
// third.
#include <cmath>
#include <memory>
#include <vector>

#include "pace.h"

class BlockPool {
 public:
  char* take() {
    if (spare_.empty()) add_slab();
    char* block = spare_.back();
    spare_.pop_back();
    return block;
  }
  void give(char* block) { spare_.push_back(block); }

 private:
  NOINLINE void add_slab() {
    slabs_.push_back(std::make_unique<char[]>(16 * kBlock));
    for (int i = 0; i < 16; ++i) spare_.push_back(slabs_.back().get() + i * kBlock);
  }
  static constexpr int kBlock = 1024;
  std::vector<std::unique_ptr<char[]>> slabs_;
  std::vector<char*> spare_;
};

int main() {
  BlockPool pool;
  std::vector<char*> busy;
  for (int step = 0; step < 540; ++step) {
    double load = step < 360 ? std::sin(step * 3.14159 / 360) : 0.5 + 0.3 * std::sin(step / 9.0);
    auto wanted = static_cast<std::size_t>(1500 * load);
    while (busy.size() < wanted) busy.push_back(pool.take());
    while (busy.size() > wanted) {
      pool.give(busy.back());
      busy.pop_back();
    }
    pause_ms(5);
  }
}
