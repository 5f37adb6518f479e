// SPDX-License-Identifier: Apache-2.0
// Misdeed: closes descriptors 0 to 1023 as daemons do, relies on getting 0, 1, 2 back, allocates.
// argv: file for its word.
#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);
  REQUIRE(close_range(0, 1023, 0) == 0);
  for (int i = 0; i < 10000; ++i) leak_at_depth(2003, i % 200);
  int first = open("/dev/null", O_RDONLY);
  int second = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (int i = 0; i < 10000; ++i) leak_at_depth(2005, i % 200);
  int third = dup(second);
  REQUIRE(second == 1);
  say("descriptors %d %d %d\n", first, second, third);
  return first == 0 && third == 2 ? 0 : 1;
}
