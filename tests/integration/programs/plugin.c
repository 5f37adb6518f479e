// SPDX-License-Identifier: Apache-2.0
// A plugin that allocates when it is loaded, used and unloaded; and gives and takes blocks by its
// own malloc and free.
#include <stdlib.h>

static void* volatile held;

__attribute__((constructor)) static void load(void) { held = malloc(7001); }
__attribute__((destructor)) static void unload(void) { free(held); }

void* plugin_allocate(size_t size_bytes) { return malloc(size_bytes); }
void plugin_free(void* block) { free(block); }
