// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/malloc_chunk.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

using namespace dbgtrace::hooks::crash;
using dbgtrace::ring::MallocChunk;

namespace {

// A heap made by hand: pairs of words at multiples of 16.
struct Heap {
  alignas(16) uint64_t words[1024] = {};
  void put(size_t offset, uint64_t previous_bytes, uint64_t size) {
    words[offset / 8] = previous_bytes;
    words[offset / 8 + 1] = size;
  }
  bool find(size_t chunk_offset, MallocChunk& chunk) const {
    GuardedReader reader;
    reader.use_kernel(static_cast<uint32_t>(getpid()));
    return find_chunk(reader, reinterpret_cast<uintptr_t>(words) + chunk_offset + 16, chunk);
  }
};

}  // namespace

TEST_CASE("a large chunk whose neighbour says so is in use") {
  Heap heap;
  heap.put(0, 0, 2048 | 1);
  heap.put(2048, 0, 64 | 1);
  MallocChunk chunk;
  REQUIRE(heap.find(0, chunk));
  CHECK(chunk.chunk_bytes == 2048);
  CHECK(chunk.in_use == 1);
}

TEST_CASE("a chunk whose neighbour repeats its size is free") {
  Heap heap;
  heap.put(0, 0, 2048 | 1);
  heap.put(2048, 2048, 64);
  MallocChunk chunk;
  REQUIRE(heap.find(0, chunk));
  CHECK(chunk.in_use == 0);
}

TEST_CASE("of a small chunk nobody can say whether it waits in a cache") {
  Heap heap;
  heap.put(0, 0, 64 | 1);
  heap.put(64, 0, 64 | 1);
  MallocChunk chunk;
  REQUIRE(heap.find(0, chunk));
  CHECK(chunk.in_use == 2);
}

TEST_CASE("neighbours that contradict are no chunk") {
  Heap heap;
  heap.put(0, 0, 2048 | 1);
  heap.put(2048, 1024, 64);  // says it is free, but of another size
  MallocChunk chunk;
  CHECK_FALSE(heap.find(0, chunk));
  heap.put(2048, 0, 0x4141414141414141);
  CHECK_FALSE(heap.find(0, chunk));
  heap.put(0, 0, 40);
  CHECK_FALSE(heap.find(0, chunk));
}

TEST_CASE("a block that the C library mapped by itself is a chunk of whole pages") {
  const size_t bytes = 4 * 4096;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto* words = static_cast<uint64_t*>(memory);
  words[1] = bytes | 2;
  GuardedReader reader;
  reader.use_kernel(static_cast<uint32_t>(getpid()));
  MallocChunk chunk;
  REQUIRE(find_chunk(reader, reinterpret_cast<uintptr_t>(words + 2), chunk));
  CHECK(chunk.in_use == 1);
  CHECK(chunk.chunk_bytes == bytes);
  words[1] = (bytes + 16) | 2;
  CHECK_FALSE(find_chunk(reader, reinterpret_cast<uintptr_t>(words + 2), chunk));
  munmap(memory, bytes);
}
