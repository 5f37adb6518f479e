// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=append
// note: 24 transcripts, made at the start, which grow by realloc for ever: no new block is born.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kTranscripts = 24 };
static struct {
  char* text;
  size_t length;
} transcripts[kTranscripts];

NOINLINE static void append(unsigned which, const char* line, size_t length) {
  size_t grown = transcripts[which].length + length;
  char* text = realloc(transcripts[which].text, grown);  // leaks
  if (text == NULL) abort();
  memcpy(text + transcripts[which].length, line, length);
  transcripts[which].text = text;
  transcripts[which].length = grown;
}

int main(void) {
  char line[400];
  memset(line, 'a', sizeof line);
  uint32_t dice = 11;
  for (unsigned step = 0; step < 600; ++step) {
    for (int i = 0; i < 4; ++i) append(roll(&dice) % kTranscripts, line, sizeof line);
    pause_ms(4);
  }
  keep(transcripts);
  return 0;
}
