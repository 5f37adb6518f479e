// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=parse_address
// note: getaddrinfo for plain numbers, in the belief that only names make it allocate.
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "pace.h"

NOINLINE static int parse_address(unsigned number, struct sockaddr_storage* address) {
  char text[32];
  struct addrinfo hints = {
      .ai_flags = AI_NUMERICHOST, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  snprintf(text, sizeof text, "10.%u.%u.%u", number / 65536 % 256, number / 256 % 256,
           number % 256);
  if (getaddrinfo(text, NULL, &hints, &found) != 0) return -1;  // leaks
  memcpy(address, found->ai_addr, found->ai_addrlen);
  return 0;
}

int main(void) {
  struct sockaddr_storage address;
  int failed = 0;
  for (unsigned step = 0; step < 480; ++step) {
    for (unsigned i = 0; i < 30; ++i) failed += parse_address(step * 30 + i, &address);
    keep(&address);
    pause_ms(6);
  }
  return failed != 0;
}
