// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/near_memory.hpp"

#include <algorithm>

#include "hooks/crash/registers.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uintptr_t kCodeBefore = 128, kCodeAfter = 128;
constexpr uintptr_t kNearBefore = 128, kNearAfter = 384;
constexpr uintptr_t kRedZoneBytes = 128;
// Lower addresses are null with an offset.
constexpr uintptr_t kLowest = 65536;
// A stack that overflowed with one huge frame: how far above sp its readable part may begin.
constexpr uint32_t kOverflowPages = 4096;
constexpr uintptr_t kLowestOverflow = uintptr_t{1} << 32;

#if defined(__x86_64__)
constexpr uint32_t kGeneralRegisters = ring::kX86Rip;
#else
constexpr uint32_t kGeneralRegisters = ring::kAarch64Sp;
#endif

// [center - before, center + after), less what cannot be read on either side of center.
void keep_around(Scene& scene, uint32_t why, uintptr_t center, uintptr_t before, uintptr_t after) {
  uintptr_t from = center > before ? center - before : 0;
  const uintptr_t end = center + after;
  if (end < center) return;
  size_t got = scene.reader.copy(from, scene.stage.first(end - from));
  if (from + got <= center && stack::page_of(from) != stack::page_of(center)) {
    from = stack::page_of(center);
    got = scene.reader.copy(from, scene.stage.first(end - from));
  }
  if (from + got <= center) return;
  scene.append(ring::PartKind::kMemory, why, from, scene.stage.first(got));
}

}  // namespace

void keep_code(Scene& scene) {
  constexpr auto kWhy = static_cast<uint32_t>(ring::MemoryOf::kCode);
  keep_around(scene, kWhy, scene.pc, kCodeBefore, kCodeAfter);
  const uintptr_t caller = scene.caller_pc;
  if (caller != 0 && caller - scene.pc + kCodeBefore > kCodeBefore + kCodeAfter) {
    keep_around(scene, kWhy, caller, kCodeBefore, kCodeAfter);
  }
  const auto state = floating_point(*scene.context);
  if (!state.empty()) scene.append(ring::PartKind::kFloatingPoint, scene.tid, 0, state);
}

KeptStack keep_bytes_above(Scene& scene, uintptr_t sp, uint64_t limit_bytes) {
  uintptr_t from = (sp - kRedZoneBytes) & ~uintptr_t{7};
  if (scene.reader.copy(from, scene.stage.first(1)) == 0) {
    from = sp & ~uintptr_t{7};
    const uint32_t pages = sp < kLowestOverflow ? 1 : kOverflowPages;
    from = scene.reader.first_readable(from, pages);
    if (from == 0) return {0, 0};
  }
  const uint64_t limit = std::min<uint64_t>(limit_bytes, scene.box->left_bytes() / 2);
  uintptr_t at = from;
  while (at - from < limit) {
    const size_t wanted = std::min<uint64_t>(limit - (at - from), scene.stage.size());
    const size_t got = scene.reader.copy(at, scene.stage.first(wanted));
    if (got == 0) break;
    if (!scene.append(ring::PartKind::kMemory,
                      static_cast<uint32_t>(ring::MemoryOf::kStackOfThread), at,
                      scene.stage.first(got))) {
      break;
    }
    at += got;
    if (got < wanted) break;
  }
  return {from, at};
}

void keep_stack_bytes(Scene& scene) {
  if (scene.stack_limit_bytes == 0) return;
  const KeptStack kept = keep_bytes_above(scene, scene.sp, scene.stack_limit_bytes);
  scene.stack_low = kept.low;
  scene.stack_high = kept.high;
}

void keep_near_registers(Scene& scene) {
  if (scene.stack_limit_bytes == 0) return;
  if (scene.has_fault_address && scene.fault_address >= kLowest) {
    keep_around(scene, static_cast<uint32_t>(ring::MemoryOf::kFaultAddress), scene.fault_address,
                kNearAfter, kNearAfter);
  }
  for (uint32_t i = 0; i < kGeneralRegisters; ++i) {
    const uintptr_t value = scene.registers[i];
    if (value < kLowest || (value >= scene.stack_low && value < scene.stack_high)) continue;
    bool kept = false;  // around an earlier register
    for (uint32_t other = 0; other < i && !kept; ++other) {
      kept = value - scene.registers[other] + kNearBefore / 2 < kNearBefore;
    }
    if (kept) continue;
    keep_around(scene, static_cast<uint32_t>(ring::MemoryOf::kRegister) + i, value, kNearBefore,
                kNearAfter);
  }
}

}  // namespace dbgtrace::hooks::crash
