// SPDX-License-Identifier: Apache-2.0
// Misdeed: a plugin loaded with RTLD_DEEPBIND frees past every interposer what this program
// allocated, and the program frees what the plugin allocated past them. Writes down what it still
// holds (6001 bytes each). argv: plugin, rounds, model.
#include <dlfcn.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
  REQUIRE(plugin != NULL);
  void* (*allocate)(size_t) = (void* (*)(size_t))dlsym(plugin, "plugin_allocate");
  void (*release)(void*) = (void (*)(void*))dlsym(plugin, "plugin_free");
  int model = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (int i = 0; i < atoi(argv[2]); ++i) {
    release(leak_at_depth(6001, i % 40));
    free(allocate(6001));
    char* moved = (char*)realloc(allocate(6003), 6005);
    REQUIRE(moved != NULL);
    release(moved);
    REQUIRE(dprintf(model, "%p 6001\n", leak_at_depth(6001, i % 30)) > 0);
  }
  say("done\n");
  return 0;
}
