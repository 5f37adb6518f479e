// SPDX-License-Identifier: Apache-2.0
// How much stack a crash record takes, in the thread that crashed and in one that is asked where it
// stands: both may have little. Measured on painted stacks, in a child process, since a record ends
// with every other thread stopped.
#include <pthread.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>

#include "hooks/alloc/tracker.hpp"
#include "hooks/crash/black_box.hpp"
#include "hooks/crash/record.hpp"
#include "hooks/process/session.hpp"

using namespace dbgtrace::hooks;

namespace {

constexpr size_t kStackBytes = 256 << 10;
constexpr size_t kAllowedBytes = 32 << 10;
constexpr unsigned char kPaint = 0xa5;

struct PaintedStack {
  alignas(4096) unsigned char bytes[kStackBytes];
  PaintedStack() { std::memset(bytes, kPaint, sizeof(bytes)); }
  size_t used() const {
    size_t untouched = 0;
    while (untouched < sizeof(bytes) && bytes[untouched] == kPaint) ++untouched;
    return sizeof(bytes) - untouched;
  }
};

// thread_bytes: with all that the thread itself needs, so more than the answer takes.
struct Measured {
  uint64_t recorder_bytes, thread_bytes;
  uint32_t finished, failed_steps, threads, silent;
};

PaintedStack g_recorder_stack, g_thread_stack;
ucontext_t g_interrupted, g_recording;
siginfo_t g_info;

void record() {
  g_info.si_signo = SIGSEGV;
  g_info.si_code = SEGV_MAPERR;
  g_info.si_addr = reinterpret_cast<void*>(0x18);
  crash::record_crash({SIGSEGV, &g_info, &g_interrupted, 0});
}

void* wait_for_ever(void*) {
  for (;;) pause();
}

Measured measure() {
  alloc::start_recorder();
  process::g_session.set_black_box(crash::begin_black_box);
  process::g_session.start_early();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, g_thread_stack.bytes, kStackBytes);
  pthread_t thread;
  pthread_create(&thread, &attributes, wait_for_ever, nullptr);
  usleep(20000);
  getcontext(&g_recording);
  g_recording.uc_stack.ss_sp = g_recorder_stack.bytes;
  g_recording.uc_stack.ss_size = kStackBytes;
  g_recording.uc_link = &g_interrupted;
  makecontext(&g_recording, record, 0);
  swapcontext(&g_interrupted, &g_recording);
  const auto* box = crash::black_box().head();
  if (box == nullptr) return {};
  return {g_recorder_stack.used(), g_thread_stack.used(), box->finished,
          box->failed_steps,       box->threads_seen,     box->threads_silent};
}

Measured measure_in_child(const std::string& path) {
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  if (child == 0) {
    setenv("DBGTRACE_OUT", path.c_str(), 1);
    setenv("DBGTRACE_SAMPLE", "1", 1);
    const Measured measured = measure();
    const bool written = write(channel[1], &measured, sizeof(measured)) == sizeof(measured);
    _exit(written ? 0 : 1);
  }
  Measured measured{};
  const ssize_t got = read(channel[0], &measured, sizeof(measured));
  waitpid(child, nullptr, 0);
  close(channel[0]);
  close(channel[1]);
  REQUIRE(got == sizeof(measured));
  return measured;
}

}  // namespace

TEST_CASE("a crash record takes at most 32 KiB of stack, in every thread") {
  char folder[] = "/tmp/dbgtrace-test-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/crash.dbgt";
  const Measured measured = measure_in_child(path);
  unlink(path.c_str());
  rmdir(folder);
  CHECK(measured.finished == static_cast<uint32_t>(dbgtrace::ring::CrashStep::kDone));
  CHECK(measured.failed_steps == 0);
  CHECK(measured.threads == 1);
  CHECK(measured.silent == 0);
  CAPTURE(measured.recorder_bytes, measured.thread_bytes);
  CHECK(measured.recorder_bytes > 1024);
  CHECK(measured.recorder_bytes <= kAllowedBytes);
  CHECK(measured.thread_bytes > 1024);
  CHECK(measured.thread_bytes <= kAllowedBytes);
}
