// SPDX-License-Identifier: Apache-2.0
#include "reader/output/json_documents.hpp"

#include <fmt/format.h>

#include "reader/analysis/losses.hpp"
#include "reader/analysis/signal_name.hpp"
#include "reader/output/printable.hpp"

namespace dbgtrace::reader::output {
std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }

Json json_document(const std::string& command, const std::string& file) {
  return {{"schema", "dbgtrace." + command + "/1"}, {"file", file}};
}

std::string json_text(const Json& json) {
  return printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

Json json_stack(const analysis::ResolvedStack& stack) {
  Json frames = Json::array();
  for (const symbols::Frame& frame : stack.frames) {
    Json item = Json::object();
    for_each_key(frame, [&item](const char* key, auto value) { item[key] = value; });
    frames.push_back(std::move(item));
  }
  return frames;
}

Json json_state(const analysis::ProcessState& state) {
  Json json = {{"kind", name_of(state.kind)}};
  if (state.code) json["code"] = *state.status();
  if (state.status() != state.code) json["argument"] = *state.code;
  if (state.signal) json["signal"] = analysis::signal_name(*state.signal);
  if (*state.reason != '\0') json["reason"] = state.reason;
  return json;
}

void add_losses(Json& document, const trace::Trace& trace) {
  Json lost = Json::object();
  for (const analysis::Loss& loss : analysis::losses_of(trace.header.live.lost)) {
    if (loss.count > 0) lost[loss.key] = loss.count;
  }
  document["lost"] = std::move(lost);
  if (trace.damages.empty()) return;
  Json damages = Json::array();
  for (const trace::Damage& damage : trace.damages) {
    damages.push_back({{"offset", hex(damage.offset_bytes)},
                       {"bytes", damage.size_bytes},
                       {"what", damage.what}});
  }
  document["damage"] = std::move(damages);
}

}  // namespace dbgtrace::reader::output
