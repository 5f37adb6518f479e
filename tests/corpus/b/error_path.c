// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=read_packet
// note: calloc; one packet in twenty fails its checksum and takes the way out that frees nothing.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct packet {
  unsigned checksum;
  unsigned char payload[1020];
};

NOINLINE static struct packet* read_packet(uint32_t* dice) {
  struct packet* packet = calloc(1, sizeof *packet);  // leaks
  packet->checksum = roll(dice) % 20;
  memset(packet->payload, 0x5a, 200);
  return packet;
}

NOINLINE static int accept_packet(uint32_t* dice) {
  struct packet* packet = read_packet(dice);
  keep(packet);
  if (packet->checksum == 0) return -1;
  int first = packet->payload[0];
  free(packet);
  return first;
}

int main(void) {
  uint32_t dice = 2024;
  int bad = 0;
  for (int step = 0; step < 480; ++step) {
    for (int i = 0; i < 24; ++i) bad += accept_packet(&dice) < 0;
    pause_ms(6);
  }
  return bad == 0;
}
