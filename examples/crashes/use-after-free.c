// SPDX-License-Identifier: Apache-2.0
// A session is used by somebody who kept the pointer.
#include <stdio.h>
#include <stdlib.h>

struct session {
  long id;
  const char* user;
  char buffer[240];
};

__attribute__((noinline)) static struct session* open_session(const char* user) {
  struct session* session = calloc(1, sizeof(*session));
  session->user = user;
  return session;
}

__attribute__((noinline)) static void close_session(struct session* session) { free(session); }

__attribute__((noinline)) static char initial(const struct session* session) {
  return session->user[0];
}

int main(void) {
  struct session* session = open_session("ada");
  struct session* volatile kept = session;
  close_session(session);
  printf("%c\n", initial(kept));
  return 0;
}
