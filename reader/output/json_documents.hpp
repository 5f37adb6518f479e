// SPDX-License-Identifier: Apache-2.0
// The JSON documents. Keys are a promise to scripts: they are added, never renamed. Sizes are
// bytes, times seconds, addresses hexadecimal strings; what is unknown is absent.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/recording_info.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/analysis/suppressions.hpp"

namespace dbgtrace::reader::output {

using Json = nlohmann::ordered_json;

// {"schema": "dbgtrace.<command>/1", "file": ...}
Json json_document(const std::string& command, const std::string& file);
// Indented, with a line end; bytes that are no UTF-8 are replaced.
std::string json_text(const Json& json);

Json json_stack(const analysis::ResolvedStack& stack);
Json json_leaks(const analysis::LeakReport& report, const trace::Trace& trace,
                const analysis::Resolver& resolver, size_t max_entries,
                const std::vector<analysis::Suppressed>& suppressed = {});
Json json_memory(const analysis::MemoryReport& report, const trace::Trace& trace,
                 const analysis::Resolver& resolver, size_t max_entries);
Json json_info(const analysis::RecordingInfo& info, const trace::Trace& trace);
Json json_state(const analysis::ProcessState& state);

std::string hex(uint64_t value);  // "0x1f"

// "lost": the counters that are not zero; "damage", if the file has any.
void add_losses(Json& document, const trace::Trace& trace);

}  // namespace dbgtrace::reader::output
