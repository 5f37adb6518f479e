// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/walk.hpp"

#include <dlfcn.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "hooks/os/raw_syscall.hpp"
#include "hooks/stack/object_finder.hpp"

using namespace dbgtrace::hooks::stack;
using dbgtrace::hooks::os::raw_syscall;

extern "C" void* __libc_stack_end;

namespace {

thread_local StackBounds bounds;

struct Walked {
  std::array<uintptr_t, kMaxStoredFrames> frames;
  WalkResult result;
};

void prepare() {
  set_dl_find_object(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  refresh_objects(SystemCalls::kAllowed);
  set_main_stack_end(reinterpret_cast<uintptr_t>(__libc_stack_end));
}

[[gnu::noinline]] void walk_caller(Walked& walked, SystemCalls calls = SystemCalls::kAllowed) {
  walked.result = walk(from_frame(__builtin_frame_address(0)), walked.frames, bounds, calls);
}

constexpr int kNoSandbox = 77;

volatile int sink;

[[gnu::noinline]] void recurse(unsigned levels, Walked& walked) {
  if (levels == 0) {
    walk_caller(walked);
  } else {
    recurse(levels - 1, walked);
  }
  sink = static_cast<int>(levels);
}

Walked* handler_target;
bool handler_uses_context;

void on_signal(int, siginfo_t*, void* context) {
  if (handler_uses_context) {
    handler_target->result = walk(from_ucontext(*static_cast<ucontext_t*>(context)),
                                  handler_target->frames, bounds, SystemCalls::kAllowed);
  } else {
    walk_caller(*handler_target);
  }
}

void raise_with(Walked& walked, bool use_context, int extra_flags) {
  handler_target = &walked;
  handler_uses_context = use_context;
  struct sigaction action {};
  struct sigaction previous;
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | extra_flags;
  sigaction(SIGUSR1, &action, &previous);
  raise(SIGUSR1);
  sigaction(SIGUSR1, &previous, nullptr);
}

bool ends_alike(const Walked& a, const Walked& b, size_t count) {
  return a.result.count >= count && b.result.count >= count &&
         std::memcmp(&a.frames[a.result.count - count], &b.frames[b.result.count - count],
                     count * sizeof(uintptr_t)) == 0;
}

}  // namespace

TEST_CASE("a walk reaches the process's first frame and leaves errno alone") {
  prepare();
  Walked walked;
  errno = 4711;
  walk_caller(walked);
  CHECK(errno == 4711);
  CHECK(walked.result.reached_root());
  CHECK_FALSE(walked.result.truncated);
  CHECK(walked.result.count > 4);
  CHECK(walked.result.interrupted == WalkResult::kNone);
}

TEST_CASE("each level of a recursion is one frame more") {
  prepare();
  Walked shallow;
  Walked deep;
  recurse(3, shallow);
  recurse(13, deep);
  CHECK(deep.result.count == shallow.result.count + 10);
  CHECK(ends_alike(shallow, deep, 4));
}

TEST_CASE("of a deep stack the leaf and the root are kept and the gap is told") {
  prepare();
  Walked whole;
  recurse(0, whole);
  Walked cut;
  recurse(2000, cut);
  CHECK(cut.result.count == kMaxStoredFrames);
  CHECK(cut.result.leaf_count == kLeafFrames);
  CHECK(cut.result.omitted == whole.result.count + 2000 - kMaxStoredFrames);
  CHECK(cut.result.truncated);
  CHECK(cut.result.reached_root());
  CHECK(ends_alike(whole, cut, whole.result.count - 2));
  CHECK(cut.frames[0] == whole.frames[0]);
}

TEST_CASE("a bottomless stack is left at the depth limit") {
  prepare();
  Walked walked;
  recurse(kMaxWalkedFrames + 100, walked);
  CHECK(walked.result.end == Step::kFrame);
  CHECK(walked.result.truncated);
  CHECK(walked.result.count + walked.result.omitted == kMaxWalkedFrames);
}

TEST_CASE("a small array gets the leaf and the root too") {
  prepare();
  Walked whole;
  walk_caller(whole);
  std::array<uintptr_t, 5> few;
  const auto result =
      walk(from_frame(__builtin_frame_address(0)), few, bounds, SystemCalls::kAllowed);
  CHECK(result.count == 5);
  CHECK(result.leaf_count == 4);
  CHECK(few[4] == whole.frames[whole.result.count - 1]);
  const auto none = walk(from_frame(__builtin_frame_address(0)), {}, bounds, SystemCalls::kAllowed);
  CHECK(none.count == 0);
  CHECK(none.truncated);
}

TEST_CASE("a walk from a signal handler passes through to what was interrupted") {
  prepare();
  Walked before;
  walk_caller(before);
  Walked inside;
  raise_with(inside, false, 0);
  CHECK(inside.result.reached_root());
  REQUIRE(inside.result.interrupted != WalkResult::kNone);
  CHECK(ends_alike(before, inside, before.result.count - 1));

  Walked from_context;
  raise_with(from_context, true, 0);
  CHECK(from_context.result.reached_root());
  CHECK(from_context.result.count == inside.result.count - inside.result.interrupted);
  CHECK(from_context.frames[0] == inside.frames[inside.result.interrupted]);
  CHECK(ends_alike(before, from_context, before.result.count - 1));
}

TEST_CASE("a walk goes from the alternate stack back to the thread's") {
  prepare();
  std::vector<char> memory(64 << 10);
  const stack_t alternate{memory.data(), 0, memory.size()};
  stack_t previous;
  REQUIRE(sigaltstack(&alternate, &previous) == 0);
  Walked before;
  walk_caller(before);
  Walked inside;
  raise_with(inside, false, SA_ONSTACK);
  sigaltstack(&previous, nullptr);
  CHECK(inside.result.reached_root());
  CHECK(inside.result.interrupted != WalkResult::kNone);
  CHECK(ends_alike(before, inside, before.result.count - 1));
}

TEST_CASE("a call through a wild pointer keeps its caller") {
  prepare();
  const auto* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
  const Registers sound = from_frame(frame);
  Walked expected;
  expected.result = walk(sound, expected.frames, bounds, SystemCalls::kAllowed);
  Registers wild = sound;
  wild.pc = GENERATE(uintptr_t{0}, uintptr_t{0x18}, uintptr_t{0xdead'dead'dead'dead});
#if defined(__aarch64__)
  wild.link = sound.pc;
#else
  wild.sp = reinterpret_cast<uintptr_t>(frame + 1);
#endif
  wild.exact = true;
  Walked walked;
  walked.result = walk(wild, walked.frames, bounds, SystemCalls::kAllowed);
  CHECK(walked.frames[0] == wild.pc);
  CHECK(walked.result.count == expected.result.count + 1);
  CHECK(ends_alike(walked, expected, expected.result.count));

  static int not_code;
  wild.pc = reinterpret_cast<uintptr_t>(&not_code);
  wild.fetch_failed = true;
  walked.result = walk(wild, walked.frames, bounds, SystemCalls::kForbidden);
  CHECK(ends_alike(walked, expected, expected.result.count));
}

TEST_CASE("where system calls are forbidden the own stack is still walked to its root") {
  prepare();
  Walked before;
  walk_caller(before);
  Walked sandboxed;
  walk_caller(sandboxed, SystemCalls::kForbidden);
  CHECK(ends_alike(before, sandboxed, before.result.count - 1));
  std::thread([] {  // this one was never seen before
    Walked first;
    walk_caller(first, SystemCalls::kForbidden);
    CHECK(first.result.reached_root());
    CHECK(first.result.count > 2);
  })
      .join();
}

TEST_CASE("code that has not saved its return address yet keeps its caller") {
  prepare();
  Walked before;
  walk_caller(before);
  // Interrupted at its first instruction: nothing of it is on the stack but, where calls push, the
  // return address.
  const auto* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
  const Registers caller = from_frame(frame);
  Walked expected;
  expected.result = walk(caller, expected.frames, bounds, SystemCalls::kAllowed);
  Registers entered = caller;
  entered.pc = reinterpret_cast<uintptr_t>(&recurse);
  entered.exact = true;
#if defined(__aarch64__)
  entered.link = caller.pc;
#else
  entered.sp = reinterpret_cast<uintptr_t>(frame + 1);
#endif
  Walked walked;
  walked.result = walk(entered, walked.frames, bounds, SystemCalls::kAllowed);
  CHECK(walked.result.count == expected.result.count + 1);
  CHECK(walked.frames[0] == entered.pc);
  CHECK(ends_alike(walked, expected, expected.result.count));
}

TEST_CASE("a strict sandbox does not kill for a walk without system calls") {
  prepare();
  for (const auto calls : {SystemCalls::kForbidden, SystemCalls::kAllowed}) {
    const pid_t child = fork();
    if (child == 0) {
      bounds = {};
      if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(kNoSandbox);
      Walked walked;
      walk_caller(walked, calls);
      raw_syscall(SYS_exit, walked.result.reached_root() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoSandbox) {
      WARN("not tested here: a walk inside a sandbox (no seccomp; qemu-user has none)");
      return;
    }
    if (calls == SystemCalls::kForbidden) {
      CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    } else {
      CHECK(WIFSIGNALED(status));  // else this sandbox would prove nothing
    }
  }
}

TEST_CASE("a walk over garbage ends, and never faults") {
  prepare();
  std::mt19937_64 random(7);
  constexpr size_t kBytes = 3 * kPageBytes;
  auto* memory = static_cast<char*>(
      mmap(nullptr, kBytes + 2 * kPageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  char* stack = memory + kPageBytes;
  mprotect(stack, kBytes, PROT_READ | PROT_WRITE);
  const auto base = reinterpret_cast<uintptr_t>(stack);
  const auto code = reinterpret_cast<uintptr_t>(&qsort);
  const auto word = [&]() -> uintptr_t {
    switch (random() % 5) {
      case 0:
        return random();
      case 1:
        return code + random() % 100'000;
      case 2:
        return random() % 8192;
      default:
        return base - 64 + random() % (kBytes + 128) / 8 * 8;
    }
  };
  Walked walked;
  for (int round = 0; round < 3000; ++round) {
    for (size_t i = 0; i < kBytes; i += 8) {
      const uintptr_t value = word();
      std::memcpy(stack + i, &value, sizeof value);
    }
    const Registers start{.pc = word(), .sp = word(), .fp = word(), .exact = random() % 2 == 0};
    const auto calls = random() % 2 == 0 ? SystemCalls::kAllowed : SystemCalls::kForbidden;
    walked.result = walk(start, walked.frames, bounds, calls);
    REQUIRE(walked.result.count >= 1);
  }
  munmap(memory, kBytes + 2 * kPageBytes);
}
