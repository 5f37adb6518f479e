// SPDX-License-Identifier: Apache-2.0
// Crashes when it is closed.
#include "kinds.hpp"

namespace {

[[gnu::destructor, gnu::noinline]] void close_plugin() {
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: in-dlclose
}

}  // namespace
