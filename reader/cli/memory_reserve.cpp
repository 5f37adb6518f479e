// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/memory_reserve.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include "reader/cli/exit_code.hpp"

namespace dbgtrace::reader::cli {
namespace {

// A JSON value lists what it holds before it lets go of it, 16 bytes each: enough for the largest
// that is put together in memory, and still a part of what an allocator asks the system for at
// once, so that it serves small blocks afterwards. Of a reserve that is never used no page is
// touched.
constexpr size_t kReserveBytes = 8 << 20, kLeastBytes = 512 << 10;

std::atomic<void*> reserve{nullptr};

[[noreturn]] void let_go() {
  std::free(reserve.exchange(nullptr));
  throw std::bad_alloc();
}

// Not even an exception can be thrown.
[[noreturn]] void give_up() {
  constexpr std::string_view kMessage =
      "dbgtrace: not enough memory to start; raise the limit (ulimit -v)\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kFailed);
}

}  // namespace

MemoryReserve::MemoryReserve() {
  for (size_t bytes = kReserveBytes; reserve == nullptr; bytes /= 2) {
    if (bytes < kLeastBytes) give_up();
    reserve = std::malloc(bytes);
  }
  std::set_new_handler(let_go);
}

MemoryReserve::~MemoryReserve() {
  std::set_new_handler(nullptr);
  std::free(reserve.exchange(nullptr));
}

}  // namespace dbgtrace::reader::cli
