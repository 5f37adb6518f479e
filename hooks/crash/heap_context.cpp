// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/heap_context.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/alloc/live_blocks.hpp"
#include "hooks/crash/malloc_chunk.hpp"
#include "hooks/crash/pointer_values.hpp"
#include "hooks/process/session.hpp"
#include "ring/freed_writer.hpp"
#include "ring/site_table.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using alloc::Block;
using process::g_session;
using ring::HeapPointer;
using ring::PointerFrom;
using ring::SectionKind;

constexpr uint32_t kStackWords = 8192;
constexpr uint32_t kNearWords = 512;     // of these first, should there be more than can be kept
constexpr uint32_t kMaxPointers = 2048;  // two parts

constinit PointerValues g_values;

void collect(Scene& scene) {
  g_values.clear();
  if (scene.has_fault_address) g_values.add(scene.fault_address, PointerFrom::kFaultAddress, 0);
  for (uint32_t i = 0; i < scene.register_count; ++i) {
    g_values.add(scene.registers[i], PointerFrom::kRegister, i);
  }
  const uintptr_t sp = (scene.sp + 7) & ~uintptr_t{7};
  const size_t got = scene.reader.copy(sp, scene.stage.first(kStackWords * sizeof(uint64_t)));
  for (uint32_t i = 0; i < got / sizeof(uint64_t); ++i) {
    uint64_t word;
    std::memcpy(&word, scene.stage.data() + i * sizeof(word), sizeof(word));
    g_values.add(word, PointerFrom::kStackWord, i);
  }
  g_values.sort();
}

const ring::Live& live_entry(const ring::Ledger& ledger, uint32_t slot) {
  const ring::Section& section = ledger.section(SectionKind::kLive);
  return reinterpret_cast<const ring::Live*>(ledger.base() + section.offset_bytes)[slot];
}

// Only what was reserved was ever written; looking elsewhere would make the file grow.
void match_live(const ring::Ledger& ledger) {
  constexpr uint32_t kAtOnce = 128;
  const ring::Section& section = ledger.section(SectionKind::kLive);
  for (uint32_t first = 0; first < section.capacity; first += kAtOnce) {
    const uint32_t end = std::min(section.capacity, first + kAtOnce);
    const uint64_t offset = section.offset_bytes + uint64_t{first} * sizeof(ring::Live);
    if (!g_session.is_touched(offset, (end - first) * sizeof(ring::Live))) continue;
    for (uint32_t slot = first; slot < end; ++slot) {
      const ring::Live& live = live_entry(ledger, slot);
      const uint64_t address = live.address_state & ring::kAddressMask;
      if (address == 0) continue;
      const uint64_t size = live.size_site & ring::kSizeMask;
      g_values.for_each_near(address, size, [&](PointerValues::Value& value, uint32_t distance) {
        if (value.live != PointerValues::kNone && value.live_distance <= distance) return;
        value.live = slot;
        value.live_distance = distance;
      });
    }
  }
}

const ring::Freed& freed_entry(const ring::Ledger& ledger, uint32_t index) {
  const ring::Section& section = ledger.section(SectionKind::kFreed);
  return reinterpret_cast<const ring::Freed*>(ledger.base() + section.offset_bytes)[index];
}

// The newest frees; what they wrote over is forgotten.
void match_frees(const ring::Ledger& ledger) {
  constexpr uint32_t kAtOnce = 128;
  const ring::Section& section = ledger.section(SectionKind::kFreed);
  for (uint32_t first = 0; first < section.capacity; first += kAtOnce) {
    const uint32_t end = std::min(section.capacity, first + kAtOnce);
    const uint64_t offset = section.offset_bytes + uint64_t{first} * sizeof(ring::Freed);
    if (!g_session.is_touched(offset, (end - first) * sizeof(ring::Freed))) continue;
    for (uint32_t index = first; index < end; ++index) {
      const ring::Freed& freed = freed_entry(ledger, index);
      const uint64_t address = freed.address_thread & ring::kAddressMask;
      if (address == 0) continue;
      const uint64_t time_us = freed.time_weight & ring::kTimeMask;
      const auto note = [&](PointerValues::Value& value, uint32_t distance) {
        if (value.freed != PointerValues::kNone) {
          if (value.freed_distance < distance) return;
          const ring::Freed& other = freed_entry(ledger, value.freed);
          if (value.freed_distance == distance && (other.time_weight & ring::kTimeMask) > time_us)
            return;
        }
        value.freed = index;
        value.freed_distance = distance;
      };
      g_values.for_each_near(address, freed.size_site & ring::kSizeMask, note);
    }
  }
}

HeapPointer pointer_of(const PointerValues::Value& value) {
  HeapPointer pointer{};
  pointer.value = value.value;
  pointer.from = static_cast<uint16_t>(value.from);
  pointer.index = value.index;
  return pointer;
}

HeapPointer live_pointer(const ring::Ledger& ledger, const PointerValues::Value& value) {
  const ring::Live& live = live_entry(ledger, value.live);
  const Block block = alloc::decode_live(live);
  HeapPointer pointer = pointer_of(value);
  pointer.state = static_cast<uint16_t>(ring::PointeeState::kLive);
  pointer.block_address = live.address_state & ring::kAddressMask;
  pointer.block_bytes = block.size_bytes;
  pointer.birth_us = block.birth_us;
  pointer.birth_site = block.site;
  pointer.birth_thread = block.thread;
  return pointer;
}

HeapPointer freed_pointer(const ring::Ledger& ledger, const PointerValues::Value& value) {
  const ring::Freed& freed = freed_entry(ledger, value.freed);
  HeapPointer pointer = pointer_of(value);
  pointer.state = static_cast<uint16_t>(ring::PointeeState::kFreed);
  pointer.block_address = freed.address_thread & ring::kAddressMask;
  pointer.block_bytes = freed.size_site & ring::kSizeMask;
  pointer.free_us = freed.time_weight & ring::kTimeMask;
  pointer.birth_us = pointer.free_us - std::min(pointer.free_us, freed.age_site & ring::kAgeMask);
  pointer.birth_site = static_cast<uint32_t>(freed.size_site >> 40);
  pointer.free_thread = static_cast<uint32_t>(freed.address_thread >> 50);
  const auto free_site = static_cast<uint32_t>(freed.age_site >> 40);
  if (free_site != 0) {
    const ring::Section& sites = ledger.section(SectionKind::kSites);
    const uint64_t offset =
        sites.offset_bytes + uint64_t{ring::slot_of(free_site)} * sizeof(ring::Site);
    if (ring::slot_of(free_site) < sites.capacity &&
        g_session.is_touched(offset, sizeof(ring::Site))) {
      const auto& site = *reinterpret_cast<const ring::Site*>(ledger.base() + offset);
      if (ring::generation_of(site) == free_site >> ring::kSiteSlotBits)
        pointer.free_stack = site.stack;
    }
  }
  return pointer;
}

// Collects pointers in the stage and appends them when it is full.
class PointerWriter {
 public:
  explicit PointerWriter(Scene& scene) : scene_(scene) {}
  bool is_full() const { return total_ >= kMaxPointers; }
  void add(const HeapPointer& pointer) {
    if (is_full()) return;
    std::memcpy(scene_.stage.data() + used_, &pointer, sizeof(pointer));
    used_ += sizeof(pointer);
    ++total_;
    if (used_ + sizeof(pointer) > scene_.stage.size()) flush();
  }
  void flush() {
    scene_.append(ring::PartKind::kHeapPointers, 0, 0, scene_.stage.first(used_));
    used_ = 0;
  }

 private:
  Scene& scene_;
  size_t used_ = 0;
  uint32_t total_ = 0;
};

void write_matches(Scene& scene) {
  PointerWriter writer(scene);
  const auto write = [&](auto wanted) {
    for (const PointerValues::Value& value : g_values.all()) {
      if (!wanted(value)) continue;
      if (value.live != PointerValues::kNone) writer.add(live_pointer(*scene.ledger, value));
      if (value.freed != PointerValues::kNone) writer.add(freed_pointer(*scene.ledger, value));
    }
  };
  using Value = PointerValues::Value;
  write([](const Value& value) { return value.from == PointerFrom::kFaultAddress; });
  write([](const Value& value) { return value.from == PointerFrom::kRegister; });
  write([](const Value& value) {
    return value.from == PointerFrom::kStackWord && value.index < kNearWords;
  });
  write([](const Value& value) {
    return value.from == PointerFrom::kStackWord && value.index >= kNearWords;
  });
  writer.flush();
}

}  // namespace

void keep_heap_context(Scene& scene) {
  collect(scene);
  match_live(*scene.ledger);
  match_frees(*scene.ledger);
  write_matches(scene);
  keep_chunks(scene);
}

}  // namespace dbgtrace::hooks::crash
