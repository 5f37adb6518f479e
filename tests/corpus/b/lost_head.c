// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=push_front
// note: a list per batch; every fourth batch starts anew without freeing the former list.
#include <stdlib.h>

#include "pace.h"

struct node {
  struct node* next;
  unsigned value;
  char label[180];
};

NOINLINE static struct node* push_front(struct node* head, unsigned value) {
  struct node* node = malloc(sizeof *node);  // leaks
  node->next = head;
  node->value = value;
  return node;
}

NOINLINE static void drop(struct node* head) {
  while (head != NULL) {
    struct node* next = head->next;
    free(head);
    head = next;
  }
}

int main(void) {
  struct node* head = NULL;
  for (unsigned batch = 0; batch < 280; ++batch) {
    if (batch % 4 == 0) {
      head = NULL;
    } else {
      drop(head);
      head = NULL;
    }
    for (unsigned i = 0; i < 60; ++i) head = push_front(head, i);
    keep(head);
    pause_ms(9);
  }
  return 0;
}
