// SPDX-License-Identifier: Apache-2.0
// operator new of the command, linked only together with mimalloc. mimalloc's shared library brings
// an operator new of its own, which, built as C, ends the process when memory is out; the reader
// promises a message and exit status 1 instead. Its operator delete and malloc serve as they are.
#include <cstdlib>
#include <new>

namespace {

// As any operator new: again after each call of the handler, which throws when it can't help.
template <typename Take>
void* or_bad_alloc(Take take) {
  for (;;) {
    if (void* block = take()) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* plain(std::size_t size) {
  return or_bad_alloc([size] { return std::malloc(size); });
}

void* aligned(std::size_t size, std::align_val_t alignment) {
  return or_bad_alloc([size, alignment]() -> void* {
    void* block = nullptr;
    const auto bytes = static_cast<std::size_t>(alignment);
    return posix_memalign(&block, bytes, size) == 0 ? block : nullptr;
  });
}

}  // namespace

void* operator new(std::size_t size) { return plain(size); }
void* operator new[](std::size_t size) { return plain(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return aligned(size, alignment);
}
