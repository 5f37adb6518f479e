// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: a pool that grows to its peak in the first fifth, keeps every chunk and reuses the pieces.
#include <stdlib.h>

#include "pace.h"

typedef struct Piece {
  struct Piece* next;
  char data[504];
} Piece;

static Piece* spare;

NOINLINE static void grow_pool(void) {
  Piece* chunk = malloc(32 * sizeof(Piece));
  for (int i = 0; i < 32; ++i) {
    chunk[i].next = spare;
    spare = &chunk[i];
  }
}

NOINLINE static Piece* take(void) {
  if (spare == NULL) grow_pool();
  Piece* piece = spare;
  spare = piece->next;
  return piece;
}

NOINLINE static void give_back(Piece* piece) {
  piece->next = spare;
  spare = piece;
}

int main(void) {
  static Piece* held[2000];
  unsigned count = 0;
  uint32_t dice = 17;
  for (int step = 0; step < 500; ++step) {
    unsigned wanted = step < 100 ? 20u * (unsigned)step : 1000 + roll(&dice) % 980;
    while (count < wanted) held[count++] = take();
    while (count > wanted) give_back(held[--count]);
    pause_ms(5);
  }
  keep(held);
  return 0;
}
