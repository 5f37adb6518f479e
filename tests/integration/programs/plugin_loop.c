// SPDX-License-Identifier: Apache-2.0
// Misdeed: loads and unloads a plugin that allocates, over and over, while two threads allocate.
// The plugin's leaks are of 7003 bytes, one a load; 7001 is freed at unload. argv: plugin, loads.
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "victim.h"

static atomic_int done;

static void* churn_until_done(void* unused) {
  (void)unused;
  for (int i = 0; !atomic_load(&done); ++i) free(leak_at_depth(3001, i % 100));
  return NULL;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, churn_until_done, NULL) == 0);
  for (int i = 0; i < atoi(argv[2]); ++i) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    REQUIRE(plugin != NULL);
    void* (*allocate)(size_t) = (void* (*)(size_t))dlsym(plugin, "plugin_allocate");
    void (*release)(void*) = (void (*)(void*))dlsym(plugin, "plugin_free");
    victim_sink = allocate(7003);
    release(allocate(7005));
    release(leak(7007));
    free(allocate(7009));
    REQUIRE(dlsym(plugin, "no_such_function") == NULL &&
            strstr(dlerror(), "no_such_function") != NULL);
    REQUIRE(dlclose(plugin) == 0);
  }
  atomic_store(&done, 1);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  say("done, dlerror %s\n", dlerror() == NULL ? "none" : "left");
  return 0;
}
