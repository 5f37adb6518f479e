// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=set_header
// note: strdup; setting a header again replaces the value and forgets the old one.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

static char* headers[12];

NOINLINE static void set_header(unsigned which, const char* value) {
  headers[which] = strdup(value);  // leaks
}

NOINLINE static size_t send_headers(void) {
  size_t length = 0;
  char* packet = malloc(8192);
  for (unsigned i = 0; i < 12; ++i) {
    if (headers[i] == NULL) continue;
    size_t part = strlen(headers[i]);
    memcpy(packet + length, headers[i], part);
    length += part;
  }
  keep(packet);
  free(packet);
  return length;
}

int main(void) {
  char value[220];
  uint32_t dice = 4;
  size_t sent = 0;
  for (unsigned step = 0; step < 500; ++step) {
    for (int i = 0; i < 4; ++i) {
      size_t length = 100 + roll(&dice) % 110;
      memset(value, 'v', length);
      value[length] = '\0';
      set_header(roll(&dice) % 12, value);
    }
    sent += send_headers();
    pause_ms(5);
  }
  return sent == 0;
}
