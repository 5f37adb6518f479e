// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/raw_syscall.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

using dbgtrace::hooks::os::raw_syscall;

TEST_CASE("a raw system call returns the error and leaves errno alone") {
  errno = 99;
  CHECK(raw_syscall(SYS_close, -1) == -EBADF);
  CHECK(errno == 99);
  CHECK(raw_syscall(SYS_getpid) == getpid());
}

TEST_CASE("a raw system call passes six arguments") {
  const long address =
      raw_syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(address > 0);
  *reinterpret_cast<int*>(address) = 5;
  CHECK(raw_syscall(SYS_munmap, address, 4096) == 0);
}
