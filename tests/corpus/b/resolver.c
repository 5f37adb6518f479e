// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=resolve
// note: in the manner of getaddrinfo: a list of answers, of which the caller frees but the first.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct answer {
  struct answer* next;
  char address[28], name[1000];
};

NOINLINE static int resolve(const char* name, unsigned count, struct answer** result) {
  *result = NULL;
  for (unsigned i = 0; i < count; ++i) {
    struct answer* answer = malloc(sizeof *answer);  // leaks
    strncpy(answer->name, name, sizeof answer->name);
    answer->next = *result;
    *result = answer;
  }
  return 0;
}

int main(void) {
  uint32_t dice = 6;
  for (int step = 0; step < 420; ++step) {
    struct answer* answers;
    resolve("service.example.org", 1 + roll(&dice) % 6, &answers);
    keep(answers);
    free(answers);
    pause_ms(6);
  }
  return 0;
}
