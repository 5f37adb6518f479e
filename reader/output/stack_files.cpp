// SPDX-License-Identifier: Apache-2.0
// The formats that are text: folded stacks, speedscope's JSON, CSV.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "reader/analysis/call_tree.hpp"
#include "reader/output/human.hpp"
#include "reader/output/json_documents.hpp"
#include "reader/output/printable.hpp"
#include "reader/output/profile_formats.hpp"
#include "reader/output/text_stack.hpp"
#include "reader/output/whole.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::MemoryOrder;
using analysis::MemorySite;

constexpr const char* kUnknownStack = "(call stack unknown)";

// Frames are separated by ';' and stacks by line ends.
std::string folded_name(const symbols::Frame& frame) {
  std::string name = printable(function_text(frame));
  std::replace(name.begin(), name.end(), ';', ':');
  return name;
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

struct Weight {
  MemoryOrder order;
  const char* name;
  const char* unit;
};
constexpr std::array<Weight, 6> kWeights = {{
    {MemoryOrder::kLive, "live bytes", "bytes"},
    {MemoryOrder::kPeak, "peak bytes", "bytes"},
    {MemoryOrder::kAllocated, "allocated bytes", "bytes"},
    {MemoryOrder::kLiveCount, "live blocks", "none"},
    {MemoryOrder::kAllocations, "allocations", "none"},
    {MemoryOrder::kTemporary, "temporary allocations", "none"},
}};

// A frame's number in speedscope's list: name, file and line are all that it shows.
class SharedFrames {
 public:
  size_t number(const symbols::Frame& frame) {
    const std::string name = function_text(frame);
    const auto [entry, is_new] = numbers_.try_emplace(
        fmt::format("{}\x1f{}\x1f{}", name, frame.file, frame.line), list_.size());
    if (is_new) {
      Json item = {{"name", name}};
      if (!frame.file.empty()) item["file"] = frame.file;
      if (!frame.file.empty() && frame.line != 0) item["line"] = frame.line;
      list_.push_back(std::move(item));
    }
    return entry->second;
  }
  Json take() { return std::move(list_); }

 private:
  std::map<std::string, size_t> numbers_;
  Json list_ = Json::array();
};

}  // namespace

std::string folded_stacks(const ProfileSource& source, MemoryOrder weight) {
  // Stacks that differ only in what a line does not show are one line; std::map keeps them in
  // order.
  std::map<std::string, int64_t> lines;
  for (const MemorySite& site : source.memory.sites) {
    const int64_t value = whole(analysis::value_of(site, weight));
    if (value <= 0) continue;
    const analysis::ResolvedStack stack = source.resolver.resolve(site.stack);
    std::string line = stack.frames.empty() ? kUnknownStack : "";
    for (size_t i = stack.frames.size(); i-- > 0;) {
      line += folded_name(stack.frames[i]);
      if (i > 0) line += ';';
    }
    int64_t& sum = lines[line];
    sum = sum_of(sum, value);
  }
  std::string text;
  for (const auto& [line, value] : lines) text += fmt::format("{} {}\n", line, value);
  return text;
}

std::string speedscope_file(const ProfileSource& source) {
  SharedFrames frames;
  const size_t unknown_stack = [&frames] {
    symbols::Frame frame;
    frame.function = kUnknownStack;
    return frames.number(frame);
  }();
  std::vector<Json> stacks;
  for (const MemorySite& site : source.memory.sites) {
    const analysis::ResolvedStack stack = source.resolver.resolve(site.stack);
    Json numbers = Json::array();
    for (size_t i = stack.frames.size(); i-- > 0;)
      numbers.push_back(frames.number(stack.frames[i]));
    if (numbers.empty()) numbers.push_back(unknown_stack);
    stacks.push_back(std::move(numbers));
  }
  Json profiles = Json::array();
  for (const Weight& weight : kWeights) {
    Json samples = Json::array(), weights = Json::array();
    int64_t sum = 0;
    for (size_t i = 0; i < stacks.size(); ++i) {
      const int64_t value = whole(analysis::value_of(source.memory.sites[i], weight.order));
      if (value <= 0) continue;
      samples.push_back(stacks[i]);
      weights.push_back(value);
      sum = sum_of(sum, value);
    }
    profiles.push_back({{"type", "sampled"},
                        {"name", weight.name},
                        {"unit", weight.unit},
                        {"startValue", 0},
                        {"endValue", sum},
                        {"samples", std::move(samples)},
                        {"weights", std::move(weights)}});
  }
  const Json file = {{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                     {"shared", {{"frames", frames.take()}}},
                     {"profiles", std::move(profiles)},
                     {"name", source.name},
                     {"activeProfileIndex", 0},
                     {"exporter", "dbgtrace " DBGTRACE_VERSION}};
  return file.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string csv_table(const ProfileSource& source) {
  std::string text =
      "live_bytes,live_count,peak_bytes,allocated_bytes,allocations,temporary,samples,"
      "function,file,line,module,stack\r\n";
  for (const MemorySite& site : source.memory.sites) {
    const analysis::ResolvedStack stack = source.resolver.resolve(site.stack);
    const symbols::Frame title =
        stack.frames.empty() ? symbols::Frame{} : stack.frames[stack.title];
    std::string frames;
    for (const symbols::Frame& frame : stack.frames) {
      frames += (frames.empty() ? "" : ";") + folded_name(frame);
    }
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", whole(site.live_bytes.value),
                        whole(site.live_count.value), whole(site.peak_bytes),
                        whole(site.allocated_bytes.value), whole(site.allocations.value),
                        whole(site.temporary), site.allocations.samples,
                        csv_cell(stack.frames.empty() ? "" : function_text(title)),
                        csv_cell(title.file), title.line, csv_cell(title.module), csv_cell(frames));
  }
  return text;
}

}  // namespace dbgtrace::reader::output
