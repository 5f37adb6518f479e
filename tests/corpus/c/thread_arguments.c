// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=start_upload
// note: the argument of a detached thread: neither who starts it nor who runs it frees it.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct upload {
  unsigned id;
  char path[200], data[2000];
};

static void* run_upload(void* argument) {
  struct upload* upload = argument;
  keep(upload->path);
  pause_ms(2);
  return NULL;
}

NOINLINE static void start_upload(unsigned id) {
  struct upload* upload = malloc(sizeof *upload);  // leaks
  upload->id = id;
  memset(upload->path, 'p', sizeof upload->path);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  if (pthread_create(&thread, &detached, run_upload, upload) != 0) abort();
  pthread_attr_destroy(&detached);
}

int main(void) {
  for (unsigned id = 0; id < 420; ++id) {
    start_upload(id);
    pause_ms(6);
  }
  pause_ms(50);
  return 0;
}
