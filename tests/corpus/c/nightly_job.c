// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=load_invoice
// note: a job every 400 ms loses one invoice in four; between the jobs nothing happens at all.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static char* load_invoice(unsigned id) {
  char* invoice = malloc(1200);  // leaks
  memset(invoice, (int)(id % 100), 1200);
  return invoice;
}

NOINLINE static unsigned settle(unsigned first, unsigned count) {
  unsigned open = 0;
  for (unsigned id = first; id < first + count; ++id) {
    char* invoice = load_invoice(id);
    keep(invoice);
    if (id % 4 == 1) {
      ++open;
      continue;
    }
    free(invoice);
  }
  return open;
}

int main(void) {
  unsigned open = 0;
  for (unsigned night = 0; night < 8; ++night) {
    open += settle(night * 100, 100);
    pause_ms(400);
  }
  return open == 0;
}
