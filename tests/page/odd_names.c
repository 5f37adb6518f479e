/* SPDX-License-Identifier: Apache-2.0 */
/* Leaks for two seconds from a library whose file name is markup: what a page must show as text. */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef LIBRARY
void* leak_here(size_t size) {
  char* block = malloc(size);
  if (block != NULL) block[0] = 1;
  return block;
}
#else
int main(int argc, char** argv) {
  void* library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  void* (*leak)(size_t) = library != NULL ? (void* (*)(size_t))dlsym(library, "leak_here") : NULL;
  if (leak == NULL) return 2;
  for (int i = 0; i < 2000; ++i) {
    void* volatile kept = leak(100 + (size_t)i % 50);
    free(malloc(64));
    (void)kept;
    usleep(1000);
  }
  return 0;
}
#endif
