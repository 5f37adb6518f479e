// SPDX-License-Identifier: Apache-2.0
// A C program that loads a plugin with an operator new of its own, uses it and lets it go, again
// and again; and says whether anybody offers it operator new.
#include <dlfcn.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  say("operator new: %s\n", dlsym(RTLD_DEFAULT, "_Znwm") != NULL ? "there" : "not there");
  for (int i = 0; i < 5; ++i) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    REQUIRE(plugin != NULL);
    int (*use)(int) = (int (*)(int))dlsym(plugin, "use_plugin");
    REQUIRE(use != NULL);
    say("its own ran %d times\n", use(50));
    dlclose(plugin);
  }
  return 0;
}
