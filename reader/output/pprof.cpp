// SPDX-License-Identifier: Apache-2.0
// Field numbers are those of github.com/google/pprof/proto/profile.proto.
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reader/output/gzip.hpp"
#include "reader/output/profile_formats.hpp"
#include "reader/output/protobuf_writer.hpp"
#include "reader/output/text_stack.hpp"
#include "reader/output/whole.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::MemorySite;
using symbols::Frame;

namespace field {
// Of Profile.
constexpr uint32_t kSampleType = 1, kSample = 2, kMapping = 3, kLocation = 4, kFunction = 5,
                   kStringTable = 6, kTimeNanos = 9, kDurationNanos = 10, kPeriodType = 11,
                   kPeriod = 12, kComment = 13, kDefaultSampleType = 14;
// Of the messages in it.
constexpr uint32_t kTypeType = 1, kTypeUnit = 2;
constexpr uint32_t kSampleLocation = 1, kSampleValue = 2;
constexpr uint32_t kMappingId = 1, kMappingFile = 5, kMappingBuild = 6, kMappingHasFunctions = 7,
                   kMappingHasFiles = 8, kMappingHasLines = 9, kMappingHasInlined = 10;
constexpr uint32_t kLocationId = 1, kLocationMapping = 2, kLocationAddress = 3, kLocationLine = 4;
constexpr uint32_t kLineFunction = 1, kLineNumber = 2;
constexpr uint32_t kFunctionId = 1, kFunctionName = 2, kFunctionSystemName = 3, kFunctionFile = 4;
}  // namespace field

struct Value {
  const char* type;
  const char* unit;
  int64_t (*of)(const MemorySite& site);
};
constexpr std::array<Value, 6> kValues = {{
    {"alloc_objects", "count", [](const MemorySite& s) { return whole(s.allocations.value); }},
    {"alloc_space", "bytes", [](const MemorySite& s) { return whole(s.allocated_bytes.value); }},
    {"inuse_objects", "count", [](const MemorySite& s) { return whole(s.live_count.value); }},
    {"inuse_space", "bytes", [](const MemorySite& s) { return whole(s.live_bytes.value); }},
    {"peak_space", "bytes", [](const MemorySite& s) { return whole(s.peak_bytes); }},
    {"temporary_objects", "count", [](const MemorySite& s) { return whole(s.temporary); }},
}};

class Profile {
 public:
  void add(const MemorySite& site, const std::vector<Frame>& frames) {
    ProtobufWriter sample;
    std::vector<uint64_t> locations, values;
    for (size_t i = 0; i < frames.size();) {
      size_t end = i;  // of the frames at one address: inlined ones, then what they lie in
      while (end + 1 < frames.size() && frames[end].inlined) ++end;
      locations.push_back(location(&frames[i], &frames[end] + 1));
      i = end + 1;
    }
    for (const Value& value : kValues) values.push_back(static_cast<uint64_t>(value.of(site)));
    sample.packed(field::kSampleLocation, locations);
    sample.packed(field::kSampleValue, values);
    profile_.message(field::kSample, sample);
  }

  std::string finish(const ProfileSource& source) {
    for (const Value& value : kValues) type(field::kSampleType, value.type, value.unit);
    type(field::kPeriodType, "space", "bytes");
    profile_.number(field::kPeriod, source.memory.interval_bytes);
    profile_.number(field::kTimeNanos, source.start_unix_ns);
    profile_.number(field::kDurationNanos, static_cast<uint64_t>(whole(source.memory.run_s * 1e9)));
    profile_.number(field::kComment, text(source.name));
    profile_.number(field::kDefaultSampleType, text("inuse_space"));
    for (const std::string& one : strings_) profile_.bytes(field::kStringTable, one);
    return gzip(profile_.bytes());
  }

 private:
  using Names = std::pair<std::string, std::string>;

  uint64_t text(std::string_view value) {
    const auto [entry, is_new] = string_ids_.try_emplace(std::string(value), strings_.size());
    if (is_new) strings_.emplace_back(value);
    return entry->second;
  }

  void type(uint32_t place, const char* name, const char* unit) {
    ProtobufWriter part;
    part.number(field::kTypeType, text(name));
    part.number(field::kTypeUnit, text(unit));
    profile_.message(place, part);
  }

  uint64_t mapping(const Frame& frame) {
    if (frame.module.empty()) return 0;
    const auto [entry, is_new] =
        mappings_.try_emplace(Names(frame.module, frame.build_id), mappings_.size() + 1);
    if (!is_new) return entry->second;
    ProtobufWriter part;
    part.number(field::kMappingId, entry->second);
    part.number(field::kMappingFile, text(frame.module));
    part.number(field::kMappingBuild, text(frame.build_id));
    // Names are complete as far as they can be had: nobody need look for them again.
    part.number(field::kMappingHasFunctions, 1);
    part.number(field::kMappingHasFiles, 1);
    part.number(field::kMappingHasLines, 1);
    part.number(field::kMappingHasInlined, 1);
    profile_.message(field::kMapping, part);
    return entry->second;
  }

  uint64_t function(const Frame& frame) {
    const std::string name = function_text(frame);
    const auto [entry, is_new] =
        functions_.try_emplace(Names(name, frame.file), functions_.size() + 1);
    if (!is_new) return entry->second;
    ProtobufWriter part;
    part.number(field::kFunctionId, entry->second);
    part.number(field::kFunctionName, text(name));
    part.number(field::kFunctionSystemName, text(name));
    part.number(field::kFunctionFile, text(frame.file));
    profile_.message(field::kFunction, part);
    return entry->second;
  }

  uint64_t location(const Frame* first, const Frame* end) {
    const Frame& outermost = *(end - 1);
    const uint64_t in_mapping = mapping(outermost);
    const auto [entry, is_new] =
        locations_.try_emplace({in_mapping, outermost.offset}, locations_.size() + 1);
    if (!is_new) return entry->second;
    ProtobufWriter part;
    part.number(field::kLocationId, entry->second);
    part.number(field::kLocationMapping, in_mapping);
    part.number(field::kLocationAddress, outermost.offset);
    for (const Frame* frame = first; frame != end; ++frame) {
      ProtobufWriter line;
      line.number(field::kLineFunction, function(*frame));
      line.number(field::kLineNumber, static_cast<uint64_t>(frame->line));
      part.message(field::kLocationLine, line);
    }
    profile_.message(field::kLocation, part);
    return entry->second;
  }

  ProtobufWriter profile_;
  std::vector<std::string> strings_{""};
  std::unordered_map<std::string, uint64_t> string_ids_{{"", 0}};
  std::map<Names, uint64_t> mappings_, functions_;
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> locations_;
};

}  // namespace

std::string pprof_profile(const ProfileSource& source) {
  Profile profile;
  for (const MemorySite& site : source.memory.sites) {
    profile.add(site, source.resolver.resolve(site.stack).frames);
  }
  return profile.finish(source);
}

}  // namespace dbgtrace::reader::output
