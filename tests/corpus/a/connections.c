// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: 60 places; connections come and go at random and last a tenth of the run on average.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

typedef struct {
  char *input, *output;
} Connection;

NOINLINE static void open_connection(Connection* connection) {
  connection->input = malloc(2048);
  connection->output = malloc(1024);
  memset(connection->input, 0, 2048);
  keep(connection->output);
}

NOINLINE static void close_connection(Connection* connection) {
  free(connection->input);
  free(connection->output);
  memset(connection, 0, sizeof *connection);
}

int main(void) {
  static Connection places[60];
  uint32_t dice = 77;
  for (int step = 0; step < 560; ++step) {
    for (int i = 0; i < 60; ++i) {
      uint32_t chance = roll(&dice) % 1000;
      if (places[i].input == NULL && chance < 60) {
        open_connection(&places[i]);
      } else if (places[i].input != NULL && chance < 18) {
        close_connection(&places[i]);
      }
    }
    pause_ms(5);
  }
  return 0;
}
