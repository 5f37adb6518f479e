// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=add_element
// note: elements own their children and, by a slip, their parent too; every page that had any
// stays.
#include <memory>
#include <vector>

#include "pace.h"

struct Element {
  std::shared_ptr<Element> parent;
  std::vector<std::shared_ptr<Element>> children;
  char attributes[500];
};

NOINLINE static std::shared_ptr<Element> add_element(const std::shared_ptr<Element>& parent) {
  auto element = std::make_shared<Element>();  // leaks
  element->parent = parent;
  if (parent) parent->children.push_back(element);
  return element;
}

NOINLINE static void show_page(unsigned elements) {
  auto root = add_element(nullptr);
  auto branch = root;
  for (unsigned i = 0; i < elements; ++i) {
    auto leaf = add_element(branch);
    if (i % 2 == 1) branch = leaf;
  }
  keep(root.get());
}

int main() {
  uint32_t dice = 12;
  for (int step = 0; step < 460; ++step) {
    show_page(roll(&dice) % 7);
    pause_ms(6);
  }
}
