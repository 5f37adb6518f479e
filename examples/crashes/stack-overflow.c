// SPDX-License-Identifier: Apache-2.0
// A recursion that never meets its end.
#include <stdio.h>

__attribute__((noinline)) static long depth_of(long* parent, int node) {
  if (node < 0) return 0;
  volatile char path[200] = "";
  path[node % 200] = '/';
  return 1 + depth_of(parent, (int)parent[node]) + path[0];
}

int main(void) {
  long parent[3] = {1, 2, 0};  // node 2 names node 0 as its parent: a cycle
  printf("%ld\n", depth_of(parent, 0));
  return 0;
}
