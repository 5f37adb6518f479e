// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=make_packet
// note: unique_ptr::release() for a callee that was taken to be the new owner, but makes a copy.
#include <deque>
#include <memory>
#include <vector>

#include "pace.h"

struct Packet {
  unsigned sequence;
  char payload[1400];
};

static std::deque<std::vector<char>> outbox;

NOINLINE static std::unique_ptr<Packet> make_packet(unsigned sequence) {
  auto packet = std::make_unique<Packet>();  // leaks
  packet->sequence = sequence;
  return packet;
}

NOINLINE static void send(const Packet* packet) {
  outbox.emplace_back(packet->payload, packet->payload + sizeof packet->payload);
  if (outbox.size() > 20) outbox.pop_front();
}

int main() {
  for (unsigned sequence = 0; sequence < 640; ++sequence) {
    auto packet = make_packet(sequence);
    send(packet.release());
    pause_ms(4);
  }
}
