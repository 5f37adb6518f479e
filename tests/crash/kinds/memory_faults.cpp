// SPDX-License-Identifier: Apache-2.0
// Reads, writes and jumps that lead to where there is nothing, or nothing of that sort.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "kinds.hpp"

namespace {

struct Account {
  long id;
  long balance;
  long limits[4];
};

using Function = void (*)();

template <typename T>
T* at(uintptr_t address) {
  return reinterpret_cast<T*>(hidden(address));
}

[[gnu::noinline]] long read_null() {
  Account* account = at<Account>(0);
  return account->balance;  // crash: null-read
}

[[gnu::noinline]] void write_null() {
  Account* account = at<Account>(0);
  account->limits[1] = 7;  // crash: null-write
}

[[gnu::noinline]] void call_null() {
  Function function = at<void()>(0);
  function();  // crash: null-call
  stay();
}

[[gnu::noinline]] long read_wild() {
  Account* account = at<Account>(0x4141'4141'4000);
  return account->id;  // crash: wild-read
}

[[gnu::noinline]] void write_wild() {
  Account* account = at<Account>(0x4242'4242'4000);
  account->id = 1;  // crash: wild-write
}

[[gnu::noinline]] void jump_wild() {
  Function function = at<void()>(0x6666'6666'1234);
  function();  // crash: wild-jump
  stay();
}

[[gnu::noinline]] long read_non_canonical() {
  Account* account = at<Account>(0x4141'4141'4141'4141);
  return account->balance;  // crash: non-canonical
}

unsigned char machine_code[4096] = {0xc3};

[[gnu::noinline]] void execute_data() {
  Function function = at<void()>(reinterpret_cast<uintptr_t>(machine_code));
  function();  // crash: exec-of-data
  stay();
}

extern const char kGreeting[64] = "constant";

[[gnu::noinline]] void write_rodata() {
  char* text = const_cast<char*>(hidden(&kGreeting[0]));
  text[3] = 'x';  // crash: write-to-rodata
}

[[gnu::noinline]] int read_behind_end_of_file() {
  const int fd = memfd_create("cut", 0);
  if (ftruncate(fd, 8192) != 0) return 0;
  auto* file = static_cast<volatile int*>(mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0));
  const int before = file[1024];
  if (ftruncate(fd, 4096) != 0) return 0;
  return before + file[1025];  // crash: bus-error
}

[[gnu::noinline]] size_t length_of_null(const char* text) {
  return std::strlen(text) + 1;  // crash: null-string
}

[[gnu::noinline]] void copy_to_null(char* to, const char* from, size_t size) {
  std::memcpy(to, from, size);  // crash: null-copy
  stay();
}

[[gnu::noinline]] int read_unmapped() {
  auto* page = static_cast<volatile int*>(
      mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  page[7] = 1;
  munmap(const_cast<int*>(page), 65536);
  return page[7];  // crash: unmapped-read
}

}  // namespace

const Kind kMemoryKinds[] = {
    {"null-read", [] { hidden(read_null()); }},
    {"null-write", write_null},
    {"null-call", call_null},
    {"wild-read", [] { hidden(read_wild()); }},
    {"wild-write", write_wild},
    {"wild-jump", jump_wild},
    {"non-canonical", [] { hidden(read_non_canonical()); }},
    {"exec-of-data", execute_data},
    {"write-to-rodata", write_rodata},
    {"null-string", [] { hidden(length_of_null(hidden(static_cast<const char*>(nullptr)))); }},
    {"null-copy",
     [] { copy_to_null(hidden(static_cast<char*>(nullptr)), kGreeting, hidden(size_t{64})); }},
    {"unmapped-read", [] { hidden(read_unmapped()); }},
    {"bus-error", [] { hidden(read_behind_end_of_file()); }},
    {nullptr, nullptr},
};
