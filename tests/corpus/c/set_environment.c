// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=publish_status
// note: setenv copies each new value and may never free an old one: a status line ought not to go
// there.
#include <stdio.h>
#include <stdlib.h>

#include "pace.h"

NOINLINE static void publish_status(unsigned done) {
  char text[520];
  snprintf(text, sizeof text, "%0500u jobs are done", done);
  setenv("WORKER_STATUS", text, 1);  // leaks
}

NOINLINE static unsigned read_status(void) {
  const char* text = getenv("WORKER_STATUS");
  return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

int main(void) {
  unsigned wrong = 0;
  for (unsigned done = 0; done < 1000; ++done) {
    publish_status(done);
    wrong += read_status() != done;
    if (done % 2 == 0) pause_ms(5);
  }
  return wrong != 0;
}
