// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=attempt
// note: caught exceptions are kept, with all that they carry, in a list meant for a report.
#include <exception>
#include <vector>

#include "pace.h"

struct Refused : std::exception {
  explicit Refused(unsigned id) : id(id) {}
  const char* what() const noexcept override { return "refused"; }
  unsigned id;
  char request[600] = {};
};

static std::vector<std::exception_ptr> errors;

NOINLINE static unsigned fetch(unsigned id) {
  if (id % 3 != 0) throw Refused(id);  // leaks
  return id;
}

NOINLINE static unsigned attempt(unsigned id) {
  try {
    return fetch(id);
  } catch (...) {
    errors.push_back(std::current_exception());
    return 0;
  }
}

int main() {
  unsigned sum = 0;
  for (unsigned step = 0; step < 500; ++step) {
    for (unsigned i = 0; i < 3; ++i) sum += attempt(step * 3 + i);
    pause_ms(5);
  }
  return sum == 0;
}
