// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=start_job
// note: jobs are made in place, in slots; a slot is used again without a call of the destructor.
#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <vector>

#include "pace.h"

struct Job {
  explicit Job(unsigned id) : name("job number " + std::to_string(id)), input(250 + id % 100, id) {}
  std::string name;
  std::vector<unsigned> input;
};

struct Slot {
  alignas(Job) std::byte memory[sizeof(Job)];
};

static std::array<Slot, 16> slots;

NOINLINE static Job* start_job(unsigned id) {
  return new (slots[id % slots.size()].memory) Job(id);  // leaks
}

int main() {
  unsigned sum = 0;
  for (unsigned id = 0; id < 620; ++id) {
    sum += start_job(id)->input.back();
    pause_ms(4);
  }
  return sum == 0;
}
