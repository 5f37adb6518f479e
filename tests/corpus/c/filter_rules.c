// SPDX-License-Identifier: Apache-2.0
// interval: 64K
// expect: leak function=rule_matches
// note: regcomp for each call; regfree is left out where the rule does not match.
#include <regex.h>
#include <stdio.h>

#include "pace.h"

NOINLINE static int rule_matches(unsigned rule, const char* line) {
  char text[80];
  regex_t compiled;
  snprintf(text, sizeof text, "^(order|item)-%u-[0-9]+", rule);
  if (regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB) != 0) return -1;  // leaks
  if (regexec(&compiled, line, 0, NULL, 0) != 0) return 0;                 // leaks
  regfree(&compiled);
  return 1;
}

int main(void) {
  int hits = 0;
  char line[80];
  for (unsigned step = 0; step < 500; ++step) {
    snprintf(line, sizeof line, "order-%u-%u", step % 2, step);
    hits += rule_matches(0, line);
    pause_ms(5);
  }
  return hits == 0;
}
