// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/memo_pool.hpp"

#include <errno.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "hooks/os/files.hpp"

using namespace dbgtrace::hooks::stack;

namespace {

constexpr auto kCalls = SystemCalls::kAllowed;

std::vector<StackMemo*> take_all(MemoPool& pool) {
  std::vector<StackMemo*> taken;
  while (StackMemo* memo = pool.take(kCalls)) taken.push_back(memo);
  return taken;
}

}  // namespace

TEST_CASE("each thread gets a memo of its own until there are no more") {
  const auto pool = std::make_unique<MemoPool>();
  CHECK(pool->take(kCalls) == nullptr);
  pool->start(true, kCalls);
  const std::vector<StackMemo*> taken = take_all(*pool);
  CHECK(taken.size() > 64);
  CHECK(std::set(taken.begin(), taken.end()).size() == taken.size());
  for (const StackMemo* memo : taken) REQUIRE(memo->capacity() == StackMemo::kFirstFrames);
  pool->give_back(taken[5]);
  CHECK(pool->take(kCalls) == taken[5]);
  CHECK(pool->take(kCalls) == nullptr);
}

TEST_CASE("memos never touch more memory than the pool may") {
  const bool every_allocation = GENERATE(true, false);
  const auto pool = std::make_unique<MemoPool>();
  pool->start(every_allocation, kCalls);
  uint64_t touched = 0;
  for (StackMemo* memo : take_all(*pool)) {
    for (int i = 0; i < 5; ++i) pool->grow(*memo);
    CHECK(memo->capacity() <= StackMemo::kMaxFrames);
    touched += StackMemo::touched_bytes(memo->capacity());
    if (memo->keeps_variants()) touched += StackMemo::kVariantBytes;
  }
  CHECK(touched <= MemoPool::bytes_for(every_allocation));
  CHECK(touched > MemoPool::bytes_for(every_allocation) / 2);
}

TEST_CASE("the first threads get variants, and where few allocations are walked none") {
  const auto pool = std::make_unique<MemoPool>();
  pool->start(true, kCalls);
  const std::vector<StackMemo*> taken = take_all(*pool);
  CHECK(taken[0]->keeps_variants());
  CHECK(taken[15]->keeps_variants());
  CHECK_FALSE(taken.back()->keeps_variants());
  pool->grow(*taken.back());
  CHECK(taken.back()->capacity() > StackMemo::kFirstFrames);
  pool->give_back(taken[0]);
  CHECK(pool->take(kCalls) == taken[0]);
  CHECK(taken[0]->keeps_variants());
  const auto few = std::make_unique<MemoPool>();
  few->start(false, kCalls);
  CHECK_FALSE(few->take(kCalls)->keeps_variants());
}

TEST_CASE("room that a thread was given stays with its memo's next owner") {
  const auto pool = std::make_unique<MemoPool>();
  pool->start(true, kCalls);
  StackMemo* memo = pool->take(kCalls);
  pool->grow(*memo);
  const uint32_t grown = memo->capacity();
  CHECK(grown > StackMemo::kFirstFrames);
  pool->give_back(memo);
  CHECK(pool->take(kCalls) == memo);
  CHECK(memo->capacity() == grown);
}

TEST_CASE("the memo of a thread that ended unseen is found again") {
  const auto pool = std::make_unique<MemoPool>();
  pool->start(true, kCalls);
  StackMemo* lost = nullptr;
  uint32_t tid = 0;
  std::thread([&] {
    lost = pool->take(kCalls);
    tid = dbgtrace::hooks::os::thread_id();
  }).join();
  REQUIRE(lost != nullptr);
  // Whoever joins a thread may run on before the kernel has forgotten its tid; an emulator takes
  // longer.
  while (dbgtrace::hooks::os::raw_syscall(SYS_tkill, tid, 0) != -ESRCH) std::this_thread::yield();
  take_all(*pool);
  StackMemo* found = nullptr;
  for (int i = 0; i < 500 && found == nullptr; ++i) found = pool->take(kCalls);
  CHECK(found == lost);
  for (int i = 0; i < 500; ++i) REQUIRE(pool->take(kCalls) == nullptr);  // the others live
}

TEST_CASE("in a forked child all memos are free") {
  const auto pool = std::make_unique<MemoPool>();
  pool->start(true, kCalls);
  const size_t all = take_all(*pool).size();
  pool->forget_all();
  CHECK(take_all(*pool).size() == all);
}
