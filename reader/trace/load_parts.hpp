// SPDX-License-Identifier: Apache-2.0
// The two halves of loading, each in a file of its own: the ledger (the present) and the ring (the
// history).
#pragma once

#include <cstddef>
#include <span>

#include "reader/trace/damage_log.hpp"
#include "reader/trace/load.hpp"

namespace dbgtrace::reader::trace {

// Both expect trace.header to be checked.
void load_ledger(std::span<const std::byte> file, Trace& trace, DamageLog& damages);
void load_history(std::span<const std::byte> file, const LoadOptions& options, Trace& trace,
                  DamageLog& damages);

}  // namespace dbgtrace::reader::trace
