// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=trace_call
// note: all is well until tracing is switched on, a little before the middle of the run.
#include <memory>
#include <vector>

#include "pace.h"

struct Span {
  unsigned call, parent;
  char tags[700];
};

static std::vector<std::unique_ptr<Span>> finished;

NOINLINE static void trace_call(unsigned call) {
  finished.push_back(std::make_unique<Span>());  // leaks
  finished.back()->call = call;
}

NOINLINE static void handle(unsigned call) {
  std::vector<char> reply(2500, static_cast<char>(call));
  keep(reply.data());
}

int main() {
  for (unsigned step = 0; step < 600; ++step) {
    for (unsigned i = 0; i < 2; ++i) {
      handle(step);
      if (step >= 260) trace_call(step * 2 + i);
    }
    pause_ms(5);
  }
}
