// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=begin_request
// note: contexts keyed by request id; operator[] makes one for each, nothing erases any.
#include <string>
#include <unordered_map>

#include "pace.h"

struct Context {
  char trace[900];
  unsigned user = 0;
};

static std::unordered_map<uint64_t, Context> contexts;

NOINLINE static Context& begin_request(uint64_t id) {
  return contexts[id];  // leaks
}

NOINLINE static std::size_t render(const Context& context) {
  std::string page(1500 + context.user % 100, 'h');
  return page.size();
}

int main() {
  std::size_t sent = 0;
  uint64_t id = 0x10000;
  for (int step = 0; step < 460; ++step) {
    for (int i = 0; i < 2; ++i) {
      Context& context = begin_request(id += 7);
      context.user = static_cast<unsigned>(id);
      sent += render(context);
    }
    pause_ms(5);
  }
  return sent == 0;
}
