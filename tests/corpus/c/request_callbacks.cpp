// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=serve
// note: each request registers a shutdown callback that captures the request; none is ever removed.
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "pace.h"

struct Request {
  unsigned id;
  char body[1600];
};

static std::vector<std::function<void()>> on_shutdown;

NOINLINE static std::shared_ptr<Request> receive(unsigned id) {
  auto request = std::make_shared<Request>();  // leaks
  request->id = id;
  std::memset(request->body, 'b', sizeof request->body);
  return request;
}

NOINLINE static void serve(unsigned id) {
  auto request = receive(id);
  on_shutdown.emplace_back([request] { keep(request.get()); });
}

int main() {
  for (unsigned id = 0; id < 540; ++id) {
    serve(id);
    pause_ms(5);
  }
}
