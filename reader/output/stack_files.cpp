// SPDX-License-Identifier: Apache-2.0
// The formats that are text: folded stacks, speedscope's JSON, CSV.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

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

// The lines of a folded file in the order of their texts, kept as numbers of names: there may be
// hundreds of thousands of a hundred frames each.
class FoldedLines {
 public:
  // Stacks that differ only in what a line does not show are one line.
  void add(const analysis::ResolvedStack& stack, int64_t value) {
    const size_t first = names_of_lines_.size();
    for (size_t i = stack.frames.size(); i-- > 0;)
      names_of_lines_.push_back(number(folded_name(stack.frames[i])));
    if (stack.frames.empty()) names_of_lines_.push_back(number(kUnknownStack));
    lines_.push_back({first, names_of_lines_.size(), value});
  }

  void write(Sink& sink) {
    std::sort(lines_.begin(), lines_.end(),
              [this](const Line& a, const Line& b) { return compare(a, b) < 0; });
    for (size_t i = 0; i < lines_.size() && sink.open();) {
      const Line& line = lines_[i];
      int64_t sum = 0;
      for (; i < lines_.size() && compare(line, lines_[i]) == 0; ++i)
        sum = sum_of(sum, lines_[i].value);
      for (size_t at = line.first; at < line.end; ++at) {
        if (at > line.first) sink.write(";");
        sink.write(*names_[names_of_lines_[at]]);
      }
      sink.write(fmt::format(" {}\n", sum));
    }
  }

 private:
  struct Line {
    size_t first, end;  // in names_of_lines_
    int64_t value;
  };

  uint32_t number(std::string name) {
    const auto [entry, is_new] =
        numbers_.try_emplace(std::move(name), static_cast<uint32_t>(names_.size()));
    if (is_new) names_.push_back(&entry->first);
    return entry->second;
  }

  // What stands at a place of a line, behind the names' characters the separator, then the end.
  int sign_at(const Line& line, size_t name, size_t at) const {
    const std::string& text = *names_[names_of_lines_[name]];
    if (at < text.size()) return static_cast<unsigned char>(text[at]);
    return name + 1 < line.end ? ';' : -1;
  }

  // As the texts would be compared: no name holds a separator.
  int compare(const Line& a, const Line& b) const {
    size_t in_a = a.first, in_b = b.first;
    while (in_a < a.end && in_b < b.end && names_of_lines_[in_a] == names_of_lines_[in_b])
      ++in_a, ++in_b;
    if (in_a == a.end || in_b == b.end) return (in_a < a.end) - (in_b < b.end);
    for (size_t at = 0;; ++at) {
      const int difference = sign_at(a, in_a, at) - sign_at(b, in_b, at);
      if (difference != 0) return difference;
    }
  }

  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<const std::string*> names_;
  std::vector<uint32_t> names_of_lines_;
  std::vector<Line> lines_;
};

}  // namespace

void write_folded_stacks(Sink& sink, const ProfileSource& source, MemoryOrder weight) {
  FoldedLines lines;
  for (const MemorySite& site : source.memory.sites) {
    const int64_t value = whole(analysis::value_of(site, weight));
    if (value > 0) lines.add(source.resolver.resolve(site.stack), value);
  }
  lines.write(sink);
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

void write_csv_table(Sink& sink, const ProfileSource& source) {
  sink.write(
      "live_bytes,live_count,peak_bytes,allocated_bytes,allocations,temporary,samples,"
      "function,file,line,module,stack\r\n");
  for (const MemorySite& site : source.memory.sites) {
    if (!sink.open()) break;
    const analysis::ResolvedStack stack = source.resolver.resolve(site.stack);
    const symbols::Frame title =
        stack.frames.empty() ? symbols::Frame{} : stack.frames[stack.title];
    std::string frames;
    for (const symbols::Frame& frame : stack.frames) {
      frames += (frames.empty() ? "" : ";") + folded_name(frame);
    }
    sink.write(fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{}\r\n", whole(site.live_bytes.value),
        whole(site.live_count.value), whole(site.peak_bytes), whole(site.allocated_bytes.value),
        whole(site.allocations.value), whole(site.temporary), site.allocations.samples,
        csv_cell(stack.frames.empty() ? "" : function_text(title)), csv_cell(title.file),
        title.line, csv_cell(title.module), csv_cell(frames)));
  }
}

}  // namespace dbgtrace::reader::output
