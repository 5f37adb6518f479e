// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: tables built at the start, rebuilt once in the middle; the old ones go after the change.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kBuckets = 256 };
struct table {
  struct route {
    struct route* next;
    unsigned prefix;
    char gateway[2000];
  } * buckets[kBuckets];
};

NOINLINE static struct table* build(unsigned seed) {
  struct table* table = calloc(1, sizeof *table);
  for (unsigned i = 0; i < 900; ++i) {
    struct route* route = calloc(1, sizeof *route);
    route->prefix = i * 2654435761u + seed;
    route->next = table->buckets[route->prefix % kBuckets];
    table->buckets[route->prefix % kBuckets] = route;
  }
  return table;
}

NOINLINE static void destroy(struct table* table) {
  for (unsigned i = 0; i < kBuckets; ++i) {
    for (struct route *route = table->buckets[i], *next; route != NULL; route = next) {
      next = route->next;
      free(route);
    }
  }
  free(table);
}

NOINLINE static int forward(struct table* table, unsigned address) {
  char* packet = malloc(1400);
  struct route* route = table->buckets[address % kBuckets];
  memcpy(packet, route == NULL ? "none" : route->gateway, 4);
  keep(packet);
  int hit = packet[0] == 0;
  free(packet);
  return hit;
}

int main(void) {
  struct table* table = build(1);
  uint32_t dice = 14;
  int hits = 0;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 8; ++i) hits += forward(table, roll(&dice));
    if (step == 260) {
      struct table* fresh = build(2);
      destroy(table);
      table = fresh;
    }
    pause_ms(5);
  }
  return hits == 0;
}
