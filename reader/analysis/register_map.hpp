// SPDX-License-Identifier: Apache-2.0
// What each register of the crashing thread pointed to: the quickest way to see which of them went
// wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/heap_context.hpp"

namespace dbgtrace::reader::analysis {

enum class PointeeKind {
  kNumber,   // too small for an address
  kBlock,    // of the heap, sampled
  kStack,    // of the crashing thread
  kCode,     // a function
  kMapping,  // something that is mapped
  kNowhere,  // nothing is mapped there
  kInvalid,  // no address on this processor
  kUnknown   // could not be told: there is no map
};

struct RegisterMeaning {
  std::string name;
  uint64_t value = 0;
  PointeeKind kind = PointeeKind::kUnknown;
  std::optional<BlockUse> block;
  int64_t offset = 0;       // kStack: from the stack pointer; kMapping: from its start
  symbols::Frame code;      // kCode; kMapping: module and offset in it, if it is of one
  std::string place;        // kMapping: path or "[heap]", empty for anonymous memory
  std::string permissions;  // kMapping
  std::string text;         // that begins there
};

// In the record's order; without those that are no pointers by nature (flags, segments).
std::vector<RegisterMeaning> map_registers(const trace::Trace& trace, const CrashScene& scene,
                                           const Resolver& resolver);

}  // namespace dbgtrace::reader::analysis
