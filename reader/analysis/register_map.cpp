// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/register_map.hpp"

#include <algorithm>
#include <string_view>

#include "reader/analysis/captured_memory.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr uint64_t kFirstAddress = 65536;
constexpr size_t kMostText = 48;

const trace::HeapPointer* block_of(const CrashScene& scene, uint32_t index, uint64_t value) {
  const trace::HeapPointer* best = nullptr;
  for (const trace::HeapPointer& pointer : scene.pointers) {
    const bool mine = pointer.from == ring::PointerFrom::kRegister && pointer.index == index;
    if (!mine || pointer.value != value) continue;
    if (best == nullptr || explains_better(pointer, *best)) best = &pointer;
  }
  return best;
}

bool is_pointer(std::string_view name) {
  return name != "eflags" && name != "segments" && name != "pstate" && name != "fs_base" &&
         name != "tpidr" && name != "cr2" && name != "far";
}

class Mapper {
 public:
  Mapper(const trace::Trace& trace, const CrashScene& scene, const Resolver& resolver)
      : trace_(trace), scene_(scene), resolver_(resolver) {}

  RegisterMeaning meaning(uint32_t index, const char* name, uint64_t value) const {
    RegisterMeaning result;
    result.name = name;
    result.value = value;
    if (value < kFirstAddress) {
      result.kind = PointeeKind::kNumber;
    } else if (scene_.arch == ring::Arch::kX86_64 && !is_canonical(value)) {
      result.kind = PointeeKind::kInvalid;
    } else if (const trace::HeapPointer* pointer = block_of(scene_, index, value)) {
      result.kind = PointeeKind::kBlock;
      result.block = describe_block(trace_, *pointer, resolver_);
    } else {
      look_up(result);
    }
    if (result.kind != PointeeKind::kNumber && result.kind != PointeeKind::kCode) {
      result.text = text_at(*scene_.crash, value, kMostText);
    }
    return result;
  }

 private:
  void look_up(RegisterMeaning& result) const {
    const uint64_t value = result.value;
    if (value >= scene_.stack_low && value < scene_.stack_high) {
      result.kind = PointeeKind::kStack;
      result.offset = static_cast<int64_t>(value - scene_.sp.value_or(0));
      return;
    }
    const Mapping* mapping = scene_.map.at(value);
    result.code = resolver_.at(value, scene_.crash->head.time_us);
    const bool in_module = !result.code.module.empty();
    if (in_module && (mapping == nullptr || mapping->executable)) {
      result.kind = PointeeKind::kCode;
      return;
    }
    // A name belongs to code only.
    result.code.function = {};
    if (mapping != nullptr) {
      result.kind = PointeeKind::kMapping;
      result.offset = static_cast<int64_t>(value - mapping->start);
      result.place = mapping->path;
      result.permissions = mapping->permissions();
    } else {
      result.kind = scene_.map.empty() ? PointeeKind::kUnknown : PointeeKind::kNowhere;
    }
  }

  const trace::Trace& trace_;
  const CrashScene& scene_;
  const Resolver& resolver_;
};

}  // namespace

std::vector<RegisterMeaning> map_registers(const trace::Trace& trace, const CrashScene& scene,
                                           const Resolver& resolver) {
  const Mapper mapper(trace, scene, resolver);
  const std::vector<const char*> names = register_names(scene.arch);
  std::vector<RegisterMeaning> result;
  const auto count = static_cast<uint32_t>(std::min(names.size(), scene.registers.size()));
  for (uint32_t i = 0; i < count; ++i) {
    if (is_pointer(names[i])) result.push_back(mapper.meaning(i, names[i], scene.registers[i]));
  }
  return result;
}

}  // namespace dbgtrace::reader::analysis
