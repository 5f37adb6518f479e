// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=open_session
// note: a session whose handshake fails is freed, the two buffers that it owned already are not.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct session {
  char *incoming, *outgoing;
};

NOINLINE static int handshake(struct session* session, uint32_t* dice) {
  memset(session->incoming, 0, 3000);
  session->outgoing[0] = 'h';
  return roll(dice) % 6 == 0 ? -1 : 0;
}

NOINLINE static struct session* open_session(uint32_t* dice) {
  struct session* session = malloc(sizeof *session);
  session->incoming = malloc(3000);  // leaks
  session->outgoing = malloc(2500);  // leaks
  if (handshake(session, dice) != 0) {
    free(session);
    return NULL;
  }
  return session;
}

NOINLINE static void close_session(struct session* session) {
  if (session == NULL) return;
  free(session->incoming);
  free(session->outgoing);
  free(session);
}

int main(void) {
  static struct session* open[40];
  uint32_t dice = 61;
  for (unsigned step = 0; step < 1080; ++step) {
    struct session** place = &open[step % 40];
    close_session(*place);
    *place = open_session(&dice);
    if (step % 2 == 0) pause_ms(5);
  }
  keep(open);
  return 0;
}
