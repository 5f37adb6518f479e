// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: each request bumps through chunks of its own arena; all of them go when it is answered.
#include <cstdlib>
#include <vector>

#include "pace.h"

class Arena {
 public:
  ~Arena() {
    for (char* chunk : chunks_) std::free(chunk);
  }
  NOINLINE char* take(std::size_t size) {
    if (chunks_.empty() || used_ + size > kChunk) {
      chunks_.push_back(static_cast<char*>(std::malloc(kChunk)));
      used_ = 0;
    }
    used_ += size;
    return chunks_.back() + used_ - size;
  }

 private:
  static constexpr std::size_t kChunk = 8192;
  std::vector<char*> chunks_;
  std::size_t used_ = 0;
};

int main() {
  uint32_t dice = 31;
  for (int request = 0; request < 160; ++request) {
    Arena arena;
    for (int part = 0; part < 3; ++part) {
      for (int i = 0; i < 30; ++i) *arena.take(64 + roll(&dice) % 700) = 'a';
      pause_ms(5);
    }
  }
}
