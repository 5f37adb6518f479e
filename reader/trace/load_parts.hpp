// SPDX-License-Identifier: Apache-2.0
// The parts of loading, each in a file of its own: the ledger (the present), the ring (the history)
// and the black box (the end).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "reader/trace/damage_log.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

// All expect trace.header to be checked.
void load_ledger(std::span<const std::byte> file, Trace& trace, DamageLog& damages);
// moved_bytes: what a running process appended to its ring while the file was copied. Blocks that
// it overwrote meanwhile are missing from the copy and no damage.
void load_history(std::span<const std::byte> file, uint64_t moved_bytes, Trace& trace,
                  DamageLog& damages);
// After the ledger, to which it refers.
void load_crash(std::span<const std::byte> file, Trace& trace, DamageLog& damages);

}  // namespace dbgtrace::reader::trace
