// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a little mark-and-sweep heap: garbage piles up until the next collection, roots change
// often.
#include <array>
#include <memory>
#include <vector>

#include "pace.h"

struct Object {
  bool marked = false;
  Object *first = nullptr, *second = nullptr;
  char fields[600];
};

static std::vector<std::unique_ptr<Object>> heap;
static std::array<Object*, 24> roots{};
static std::size_t next_collection = 300;

NOINLINE static Object* make_object(Object* first, Object* second) {
  heap.push_back(std::make_unique<Object>());
  heap.back()->first = first;
  heap.back()->second = second;
  return heap.back().get();
}

static void mark(Object* object) {
  if (object == nullptr || object->marked) return;
  object->marked = true;
  mark(object->first);
  mark(object->second);
}

NOINLINE static void collect() {
  for (Object* root : roots) mark(root);
  std::erase_if(heap, [](const auto& object) { return !object->marked; });
  for (auto& object : heap) object->marked = false;
  next_collection = heap.size() * 2 > 300 ? heap.size() * 2 : 300;
}

int main() {
  uint32_t dice = 39;
  for (int step = 0; step < 570; ++step) {
    for (int i = 0; i < 3; ++i) {
      Object*& root = roots[roll(&dice) % roots.size()];
      bool fresh_start = roll(&dice) % 6 == 0;
      root = make_object(fresh_start ? nullptr : root, nullptr);
      if (heap.size() > next_collection) collect();
    }
    pause_ms(5);
  }
}
