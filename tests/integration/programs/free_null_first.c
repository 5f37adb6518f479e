// SPDX-License-Identifier: Apache-2.0
// Misdeed: frees NULL, then allocates, before any constructor of any library ran (.preinit_array
// comes first).
#include "victim.h"

static char* kept;

static void before_everything(int argc, char** argv, char** environment) {
  (void)argc;
  (void)argv;
  (void)environment;
  free(NULL);
  kept = (char*)malloc(2001);
  kept = (char*)realloc(kept, 2003);
  strcpy(kept, "kept");
  free(calloc(10, 300));
}

__attribute__((section(".preinit_array"), used)) static void (*first)(int, char**,
                                                                      char**) = before_everything;

int main(void) {
  say("%s\n", kept);
  free(kept);
  REQUIRE(leak(2005) != NULL);
  return 0;
}
