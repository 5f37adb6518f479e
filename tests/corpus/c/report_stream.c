// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=write_report
// note: open_memstream; the stream is closed, the text that it left behind belongs to the caller.
#include <stdio.h>
#include <stdlib.h>

#include "pace.h"

NOINLINE static size_t write_report(unsigned number) {
  char* text = NULL;
  size_t size = 0;
  FILE* report = open_memstream(&text, &size);  // leaks
  for (unsigned row = 0; row < 20 + number % 9; ++row) {
    fprintf(report, "%6u %6u: %30s\n", number, row, "a row of the report");
  }
  fclose(report);  // leaks
  keep(text);
  return size;
}

int main(void) {
  size_t written = 0;
  for (unsigned number = 0; number < 520; ++number) {
    written += write_report(number);
    pause_ms(5);
  }
  return written == 0;
}
