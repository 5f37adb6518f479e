// SPDX-License-Identifier: Apache-2.0
// A plugin with an operator new of its own, which nobody outside has: a small pool.
#include <cstddef>
#include <new>

namespace {
alignas(16) unsigned char pool[1 << 16];
size_t used = 0;
int calls = 0;
}  // namespace

void* operator new(size_t size_bytes) {
  ++calls;
  if (used + size_bytes > sizeof pool) throw std::bad_alloc();
  void* block = pool + used;
  used += (size_bytes + 15) / 16 * 16;
  return block;
}
void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}

extern "C" int use_plugin(int blocks) {
  for (int i = 0; i < blocks; ++i) {
    int* volatile block = new int(i);
    delete block;
  }
  return calls;
}
