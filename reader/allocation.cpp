// SPDX-License-Identifier: Apache-2.0
// operator new of the command, linked only together with mimalloc. mimalloc's shared library brings
// an operator new of its own, which, built as C, ends the process when memory is out; the reader
// promises a message and exit status 1 instead. Its operator delete and malloc serve as they are.
#include <cstdlib>
#include <new>

namespace {

void* or_bad_alloc(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void* aligned(std::size_t size, std::align_val_t alignment) {
  void* block = nullptr;
  return posix_memalign(&block, static_cast<std::size_t>(alignment), size) == 0 ? block : nullptr;
}

}  // namespace

void* operator new(std::size_t size) { return or_bad_alloc(std::malloc(size)); }
void* operator new[](std::size_t size) { return or_bad_alloc(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_bad_alloc(aligned(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_bad_alloc(aligned(size, alignment));
}
