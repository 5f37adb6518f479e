// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=client_of
// note: a counter per client address; half of the calls come from 40 clients, the rest come once.
#include <stdlib.h>

#include "pace.h"

struct client {
  struct client* next;
  uint32_t address;
  unsigned calls;
  unsigned per_second[54];
};

static struct client** buckets;
static unsigned bucket_count, client_count;

NOINLINE static void grow_table(void) {
  unsigned count = bucket_count == 0 ? 64 : bucket_count * 2;
  struct client** fresh = calloc(count, sizeof *fresh);
  for (unsigned i = 0; i < bucket_count; ++i) {
    for (struct client *client = buckets[i], *next; client != NULL; client = next) {
      next = client->next;
      client->next = fresh[client->address % count];
      fresh[client->address % count] = client;
    }
  }
  free(buckets);
  buckets = fresh;
  bucket_count = count;
}

NOINLINE static struct client* client_of(uint32_t address) {
  if (client_count >= bucket_count) grow_table();
  struct client** bucket = &buckets[address % bucket_count];
  for (struct client* client = *bucket; client != NULL; client = client->next) {
    if (client->address == address) return client;
  }
  struct client* client = calloc(1, sizeof *client);  // leaks
  client->address = address;
  client->next = *bucket;
  *bucket = client;
  ++client_count;
  return client;
}

int main(void) {
  uint32_t dice = 21;
  unsigned refused = 0;
  for (unsigned step = 0; step < 580; ++step) {
    for (int i = 0; i < 8; ++i) {
      uint32_t address = i % 2 == 0 ? roll(&dice) % 40 : roll(&dice);
      struct client* client = client_of(address);
      refused += ++client->per_second[step / 11] > 30;
    }
    pause_ms(5);
  }
  keep(&refused);
  return 0;
}
