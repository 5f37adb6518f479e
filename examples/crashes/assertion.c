// SPDX-License-Identifier: Apache-2.0
// assert() fails.
#include <assert.h>
#include <stdio.h>

__attribute__((noinline)) static int withdraw(int balance, int amount) {
  balance -= amount;
  assert(balance >= 0 && "an account is never in debt");
  return balance;
}

int main(void) {
  printf("%d\n", withdraw(100, 60));
  printf("%d\n", withdraw(40, 60));
  return 0;
}
