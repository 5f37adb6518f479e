// SPDX-License-Identifier: Apache-2.0
// crash_kinds KIND: crashes that way. crash_kinds --list: names them.
#include <cstdio>
#include <cstring>

#include "kinds.hpp"

namespace {

const Kind* const kTables[] = {kMemoryKinds, kStackKinds, kHeapKinds,   kTrapKinds,
                               kAbortKinds,  kPlaceKinds, kProcessKinds};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  for (const Kind* table : kTables) {
    for (const Kind* kind = table; kind->name != nullptr; ++kind) {
      if (std::strcmp(argv[1], "--list") == 0) std::puts(kind->name);
      if (std::strcmp(argv[1], kind->name) != 0) continue;
      std::printf("%s\n", kind->name);
      std::fflush(stdout);
      kind->run();
      return 0;
    }
  }
  return std::strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
