// SPDX-License-Identifier: Apache-2.0
// The bytes that a crash record kept of the process's memory, looked up by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "reader/trace/crash.hpp"

namespace dbgtrace::reader::analysis {

// From the address to the end of what was kept there, the longest run; empty if nothing was.
std::span<const std::byte> bytes_at(const trace::Crash& crash, uint64_t address);
std::optional<uint64_t> word_at(const trace::Crash& crash, uint64_t address);
// What begins there, if it looks like a text: at least 4 printable signs in a row, cut at `most`.
std::string text_at(const trace::Crash& crash, uint64_t address, size_t most);

}  // namespace dbgtrace::reader::analysis
