// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=extend
// note: messages put together by realloc; the finished one is sent and every other one forgotten.
#include <cstdlib>
#include <cstring>

#include "pace.h"

struct Message {
  char* body = nullptr;
  std::size_t length = 0;
};

NOINLINE static void extend(Message& message, std::size_t length) {
  message.body = static_cast<char*>(std::realloc(message.body, message.length + length));  // leaks
  std::memset(message.body + message.length, 'm', length);
  message.length += length;
}

int main() {
  uint32_t dice = 3;
  for (unsigned id = 0; id < 500; ++id) {
    Message message;
    for (unsigned parts = 2 + roll(&dice) % 5; parts > 0; --parts) extend(message, 1200);
    keep(message.body);
    if (id % 2 == 0) std::free(message.body);
    pause_ms(5);
  }
}
