// SPDX-License-Identifier: Apache-2.0
// A size from a file is believed.
#include <cstdint>
#include <cstdio>
#include <vector>

[[gnu::noinline]] static std::vector<char> read_record(const uint64_t* header) {
  return std::vector<char>(header[1]);
}

int main() {
  const uint64_t header[2] = {1, 0x0000'4000'0000'0000};
  std::printf("%zu\n", read_record(header).size());
}
