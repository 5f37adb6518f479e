// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=progress_label
// note: slow: one asprintf in five is shown and not freed, some 15 to 20 samples in the whole run.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "pace.h"

NOINLINE static char* progress_label(unsigned done) {
  char* label = NULL;
  if (asprintf(&label, "%0480u of many items are done", done) < 0) abort();  // leaks
  return label;
}

int main(void) {
  for (unsigned done = 0; done < 750; ++done) {
    char* label = progress_label(done);
    keep(label);
    if (done % 5 != 0) free(label);
    pause_ms(4);
  }
  return 0;
}
