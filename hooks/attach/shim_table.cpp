// SPDX-License-Identifier: Apache-2.0
#include "hooks/attach/shim_table.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::attach {
namespace {

uint32_t hash_of(const char* name) {
  uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

}  // namespace

void ShimTable::resolve() {
  count_ = 0;
  lowest_ = ~uintptr_t{0};
  highest_ = 0;
  std::memset(marks_, 0, sizeof(marks_));
  const link_map* own = os::own_object();
  if (own == nullptr) return;
  os::Export exports[kMaxShims];
  const uint32_t found = os::exports_of(*own, exports, kMaxShims);
  for (uint32_t i = 0; i < found; ++i) {
    const auto original =
        reinterpret_cast<uintptr_t>(os::find_next(os::SymbolName::of(exports[i].name)));
    if (original == 0) continue;  // dbgtrace_attach itself, and what this C library lacks
    lowest_ = std::min(lowest_, original);
    highest_ = std::max(highest_, original);
    marks_[word_of(original)] |= bit_of(original);
    hashes_[count_] = hash_of(exports[i].name);
    shims_[count_++] = {exports[i].name, exports[i].address, original};
  }
}

const Shim* ShimTable::find(const char* name) const {
  const uint32_t hash = hash_of(name);
  for (uint32_t i = 0; i < count_; ++i) {
    if (hashes_[i] == hash && std::strcmp(shims_[i].name, name) == 0) return &shims_[i];
  }
  return nullptr;
}

}  // namespace dbgtrace::hooks::attach
