// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=answer
// note: coroutines wait for an event; those whose client has gone are neither resumed nor
// destroyed.
#include <coroutine>
#include <cstring>

#include "pace.h"

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

NOINLINE static Task answer(unsigned id) {  // leaks
  char reply[1000];
  std::memset(reply, static_cast<int>(id & 0x7f), sizeof reply);
  co_await std::suspend_always{};
  keep(reply);
}

int main() {
  uint32_t dice = 55;
  for (unsigned id = 0; id < 540; ++id) {
    Task task = answer(id);
    if (roll(&dice) % 4 == 0) {
      task.handle.resume();
      task.handle.destroy();
    }
    pause_ms(5);
  }
}
