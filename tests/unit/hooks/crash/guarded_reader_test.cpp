// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/guarded_reader.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace dbgtrace::hooks::crash;

namespace {

constexpr size_t kPage = 4096;

// Twenty pages full of letters, then one that cannot be read, then one more.
struct Memory {
  static constexpr size_t kReadable = 20 * kPage;
  char* base = static_cast<char*>(mmap(nullptr, kReadable + 2 * kPage, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  Memory() {
    for (size_t i = 0; i < kReadable; ++i) base[i] = static_cast<char>('a' + i % 26);
    mprotect(base + kReadable, kPage, PROT_NONE);
  }
  ~Memory() { munmap(base, kReadable + 2 * kPage); }
  uintptr_t at(size_t offset) const { return reinterpret_cast<uintptr_t>(base) + offset; }
};

std::string read(GuardedReader& reader, uintptr_t from, size_t size) {
  std::vector<std::byte> bytes(size);
  const size_t got = reader.copy(from, bytes);
  return {reinterpret_cast<const char*>(bytes.data()), got};
}

GuardedReader by_kernel() {
  GuardedReader reader;
  reader.use_kernel(static_cast<uint32_t>(getpid()));
  return reader;
}

// A pid that is nobody's: the kernel refuses to copy, and is asked page by page.
GuardedReader by_probes() {
  GuardedReader reader;
  reader.use_kernel(0x7fffffff);
  return reader;
}

}  // namespace

TEST_CASE("a copy ends where memory cannot be read, however it is made") {
  const Memory memory;
  for (GuardedReader reader : {by_kernel(), by_probes()}) {
    CHECK(read(reader, memory.at(100), 50) == std::string(memory.base + 100, 50));
    CHECK(read(reader, memory.at(3), Memory::kReadable) ==
          std::string(memory.base + 3, Memory::kReadable - 3));
    CHECK(read(reader, memory.at(Memory::kReadable), 8).empty());
    CHECK(read(reader, 8, 8).empty());
    CHECK(read(reader, ~uintptr_t{0} - 3, 8).empty());
  }
}

TEST_CASE("a value is loaded whole or not at all") {
  const Memory memory;
  for (GuardedReader reader : {by_kernel(), by_probes()}) {
    uint64_t value = 0;
    CHECK(reader.load(memory.at(8), value));
    CHECK(std::memcmp(&value, memory.base + 8, 8) == 0);
    CHECK_FALSE(reader.load(memory.at(Memory::kReadable - 4), value));
  }
}

TEST_CASE("a text ends at its zero, or where memory does") {
  const Memory memory;
  memory.base[50] = '\0';
  std::byte text[64];
  GuardedReader reader = by_kernel();
  CHECK(reader.copy_text(memory.at(40), text) == 10);
  CHECK(reader.copy_text(memory.at(Memory::kReadable - 5), text) == 5);
  CHECK(reader.copy_text(memory.at(Memory::kReadable), text) == 0);
}

TEST_CASE("without the kernel only what was proven is read") {
  const Memory memory;
  GuardedReader reader;
  reader.use_proven();
  reader.prove(memory.at(kPage), memory.at(2 * kPage));
  CHECK(read(reader, memory.at(kPage), 2 * kPage) == std::string(memory.base + kPage, kPage));
  CHECK(read(reader, memory.at(0), 8).empty());
  CHECK(read(reader, memory.at(2 * kPage), 8).empty());
  CHECK(reader.first_readable(memory.at(0), 1) == memory.at(kPage));
}

TEST_CASE("the first readable page above a guard is found, but not beyond the limit") {
  const Memory memory;
  GuardedReader reader = by_kernel();
  const uintptr_t guard = memory.at(Memory::kReadable);
  CHECK(reader.first_readable(guard + 16, 2) == guard + kPage);
  CHECK(reader.first_readable(guard + 16, 1) == 0);
  CHECK(reader.first_readable(memory.at(24), 1) == memory.at(24));
}
