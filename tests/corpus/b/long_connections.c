// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: 150 connections open in the first tenth and stay; their buffers are swapped now and then.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct connection {
  char *buffer, *certificate;
};

NOINLINE static char* fresh_buffer(size_t size) {
  char* buffer = aligned_alloc(64, (size + 63) / 64 * 64);
  memset(buffer, 0, 64);
  return buffer;
}

NOINLINE static void greet(struct connection* connection) {
  connection->certificate = malloc(1700);
  memset(connection->certificate, 'c', 1700);
  connection->buffer = fresh_buffer(1024);
}

int main(void) {
  static struct connection connections[150];
  uint32_t dice = 53;
  unsigned open = 0;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 3 && open < 150; ++i) greet(&connections[open++]);
    for (int i = 0; i < 5; ++i) {
      struct connection* connection = &connections[roll(&dice) % open];
      free(connection->buffer);
      connection->buffer = fresh_buffer(1024 + roll(&dice) % 2048);
    }
    keep(connections);
    pause_ms(5);
  }
  return 0;
}
