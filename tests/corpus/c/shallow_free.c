// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=add_attribute
// note: a parse tree is freed node by node; the attribute lists that hang on the nodes are
// forgotten.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct attribute {
  struct attribute* next;
  char name[40], value[120];
};
struct node {
  struct node *first, *sibling;
  struct attribute* attributes;
  char text[300];
};

NOINLINE static void add_attribute(struct node* node, unsigned value) {
  struct attribute* attribute = malloc(sizeof *attribute);  // leaks
  memset(attribute->value, (int)(value % 64 + 32), sizeof attribute->value);
  attribute->next = node->attributes;
  node->attributes = attribute;
}

NOINLINE static struct node* parse(unsigned depth, uint32_t* dice) {
  struct node* node = calloc(1, sizeof *node);
  if (roll(dice) % 3 == 0) add_attribute(node, roll(dice));
  for (unsigned i = 0; depth > 0 && i < 3; ++i) {
    struct node* child = parse(depth - 1, dice);
    child->sibling = node->first;
    node->first = child;
  }
  return node;
}

NOINLINE static void free_tree(struct node* node) {
  for (struct node *child = node->first, *next; child != NULL; child = next) {
    next = child->sibling;
    free_tree(child);
  }
  free(node);
}

int main(void) {
  uint32_t dice = 70;
  for (int step = 0; step < 480; ++step) {
    struct node* tree = parse(2, &dice);
    keep(tree);
    free_tree(tree);
    pause_ms(6);
  }
  return 0;
}
