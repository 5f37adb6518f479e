// SPDX-License-Identifier: Apache-2.0
// Faults of the stack itself: it has no more room, or the stack pointer is no longer one.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reader/analysis/access_rules.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kRecursion = 8;  // times that a function is on the stack

// How often the commonest function is on the stack.
size_t most_repeated(const CrashScene& scene) {
  size_t most = 0;
  std::array<size_t, 8> counts{};
  const auto& frames = scene.stack.frames;
  // Of a recursion, a few frames at the top hold every function of its cycle.
  for (size_t i = 0; i < std::min(counts.size(), frames.size()); ++i) {
    for (const symbols::Frame& frame : frames) {
      const bool same = frame.function.empty() ? frame.offset == frames[i].offset
                                               : frame.function == frames[i].function;
      if (same && frame.module == frames[i].module) ++counts[i];
    }
    most = std::max(most, counts[i]);
  }
  return most;
}

// A push, a call or the first write to a new frame: close to the stack pointer, or between it and
// the frame pointer.
bool touches_frame(const CrashScene& scene, uint64_t address) {
  constexpr uint64_t kBelow = kPage, kAbove = 1 << 20, kLargestFrame = 256 << 20;
  if (address - (*scene.sp - kBelow) < kBelow + kAbove) return true;
  const uint64_t frame = scene.frame_pointer.value_or(0);
  return frame > *scene.sp && frame - *scene.sp < kLargestFrame && address >= *scene.sp &&
         address < frame;
}

// The memory that the stack pointer came from: it stands close to the lower end, or has jumped over
// it and whatever guards it.
const Mapping* stack_of(const CrashScene& scene) {
  constexpr uint64_t kJump = uint64_t{1} << 30;
  const Mapping* mapping = scene.map.at(*scene.sp);
  if (mapping != nullptr && mapping->writable) {
    return *scene.sp - mapping->start < kFirstMappable ? mapping : nullptr;
  }
  for (mapping = scene.map.above(*scene.sp); mapping != nullptr && !mapping->accessible();) {
    mapping = scene.map.above(mapping->end - 1);
  }
  const bool fits = mapping != nullptr && mapping->writable && !mapping->is_file() &&
                    mapping->start - *scene.sp < kJump;
  return fits ? mapping : nullptr;
}

bool overlaps(const Mapping& mapping, uint64_t low, uint64_t high) {
  return low < mapping.end && high > mapping.start;
}

// Behind a sandbox there is no map: the bounds that the thread knows of its stack are left.
bool ran_out_by_bounds(const CrashScene& scene, uint64_t address) {
  return scene.map.empty() && scene.stack_low != 0 && address < scene.stack_low &&
         *scene.sp < scene.stack_low + kFirstMappable;
}

}  // namespace

Found stack_overflow(const CrashScene& scene) {
  if (!scene.sp || !scene.fault_address || scene.address_computed) return {};
  const uint64_t address = *scene.fault_address, sp = *scene.sp;
  if (sp < kFirstMappable || !touches_frame(scene, address)) return {};
  CrashVerdict result{CrashClass::kStackOverflow, 0.9};
  const size_t repeated = most_repeated(scene);
  if (ran_out_by_bounds(scene, address)) {
    result.because(fmt::format("the stack pointer {:#x} ran past the end of the stack, {:#x}", sp,
                               scene.stack_low));
  } else {
    const Mapping* at_fault = scene.map.at(address);
    if (at_fault != nullptr && at_fault->accessible()) return {};
    const Mapping* stack = stack_of(scene);
    if (stack == nullptr || address >= stack->start) return {};
    const bool alternate = overlaps(*stack, scene.alternate_low, scene.alternate_high);
    const bool known = stack->path == "[stack]" || alternate || at_fault != nullptr ||
                       overlaps(*stack, scene.stack_low, scene.stack_high);
    if (known || repeated >= kRecursion) result.confidence = 0.97;
    result.because(
        fmt::format("the stack pointer {:#x} ran past the end of the {}, {:#x}, after "
                    "{} KiB",
                    sp, alternate ? "alternate signal stack" : "thread's stack", stack->start,
                    stack->size() / 1024));
  }
  if (repeated >= kRecursion) {
    result.because(fmt::format("one function is on the stack {} times", repeated));
  }
  if (scene.stack.omitted_frames > 0) {
    result.because(fmt::format("{} more frames are on it", scene.stack.omitted_frames));
  }
  return result;
}

Found lost_stack_pointer(const CrashScene& scene) {
  if (!scene.sp || !scene.fault_address || !touches_frame(scene, *scene.fault_address)) return {};
  if (scene.stack_low != 0 && *scene.sp >= scene.stack_low && *scene.sp < scene.stack_high)
    return {};
  const Mapping* at_sp = scene.map.at(*scene.sp);
  if (scene.map.empty() || (at_sp != nullptr && at_sp->writable)) return {};
  return verdict(CrashClass::kWildAccess, 0.85,
                 fmt::format("the stack pointer itself is wrong: {:#x}", *scene.sp));
}

}  // namespace dbgtrace::reader::analysis
