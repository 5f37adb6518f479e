// SPDX-License-Identifier: Apache-2.0
// Misdeed: allocates from code that it makes at run time, and names that code in /tmp/perf-PID.map
// as just-in-time compilers do.
#include "victim.h"

static void allocate(void) { REQUIRE(leak(5003) != NULL); }

int main(void) {
#ifdef __x86_64__
  // push rbp; mov rbp, rsp; call rdi; pop rbp; ret
  static const unsigned char kCode[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
  unsigned char* page =
      (unsigned char*)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  memcpy(page, kCode, sizeof kCode);
  REQUIRE(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
  char path[64], line[128];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
  int length = snprintf(line, sizeof line, "%lx %zx LazyCompile:*allocate /app.js:3\n",
                        (unsigned long)page, sizeof kCode);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0 && write(fd, line, (size_t)length) == length && close(fd) == 0);
  ((void (*)(void (*)(void)))page)(allocate);
#else
  allocate();
#endif
  say("done\n");
  return 0;
}
