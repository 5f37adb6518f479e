// SPDX-License-Identifier: Apache-2.0
// Misdeed: relies on errno across every call of the malloc family, successful and failed.
#include <malloc.h>

#include "victim.h"

static int failures;

static void expect(const char* what, int expected, int round) {
  if (errno != expected && failures++ < 10)
    say("round %d: %s left errno %d, not %d\n", round, what, errno, expected);
  errno = 4242;
}

int main(void) {
  size_t huge = PTRDIFF_MAX - 4096;
  errno = 4242;
  for (int round = 0; round < 5000; ++round) {
    char* block = (char*)malloc(100 + round);
    expect("malloc", 4242, round);
    REQUIRE(malloc(huge) == NULL);
    expect("failed malloc", ENOMEM, round);
    REQUIRE(realloc(block, huge) == NULL);
    expect("failed realloc", ENOMEM, round);
    REQUIRE(calloc(huge, 16) == NULL);
    expect("failed calloc", ENOMEM, round);
    REQUIRE(reallocarray(block, huge, 16) == NULL);
    expect("failed reallocarray", ENOMEM, round);
    block = (char*)realloc(block, 300000);
    expect("realloc", 4242, round);
    free(block);
    expect("free of a mapped block", 4242, round);
    void* aligned = NULL;
    REQUIRE(posix_memalign(&aligned, 3, 100) == EINVAL);
    expect("posix_memalign of a bad alignment", 4242, round);
    REQUIRE(posix_memalign(&aligned, 64, 100 + round) == 0);
    expect("posix_memalign", 4242, round);
    free(aligned);
    expect("free", 4242, round);
    free(NULL);
    expect("free(NULL)", 4242, round);
    leak_at_depth(2001, round % 200);
    expect("malloc of a leak", 4242, round);
  }
  say("%d surprises\n", failures);
  return failures != 0;
}
