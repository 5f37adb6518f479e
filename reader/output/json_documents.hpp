// SPDX-License-Identifier: Apache-2.0
// The JSON documents. Keys are a promise to scripts: they are added, never renamed. Sizes are
// bytes, times seconds, addresses hexadecimal strings; what is unknown is absent.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "reader/analysis/recording_info.hpp"
#include "reader/analysis/resolver.hpp"

namespace dbgtrace::reader::output {

using Json = nlohmann::ordered_json;

// {"schema": "dbgtrace.<command>/1", "file": ...}
Json json_document(const std::string& command, const std::string& file);
// Indented, with a line end; bytes that are no UTF-8 are replaced.
std::string json_text(const Json& json);

Json json_stack(const analysis::ResolvedStack& stack);
Json json_info(const analysis::RecordingInfo& info, const trace::Trace& trace);
Json json_state(const analysis::ProcessState& state);

std::string hex(uint64_t value);  // "0x1f"

// What a document says of a frame: put(key, value) of each key in order, with a text, a number or a
// truth.
template <typename Put>
void for_each_key(const symbols::Frame& frame, const Put& put) {
  if (!frame.function.empty()) put("function", frame.function);
  if (!frame.file.empty()) put("file", frame.file);
  if (frame.line != 0) put("line", frame.line);
  if (!frame.module.empty()) put("module", frame.module);
  if (!frame.build_id.empty()) put("build_id", frame.build_id);
  put("offset", std::string_view(hex(frame.offset)));
  put("inlined", frame.inlined);
}

// "lost": the counters that are not zero; "damage", if the file has any.
void add_losses(Json& document, const trace::Trace& trace);

}  // namespace dbgtrace::reader::output
