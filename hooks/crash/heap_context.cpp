// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/heap_context.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/alloc/live_blocks.hpp"
#include "hooks/crash/malloc_chunk.hpp"
#include "hooks/crash/pointer_values.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using alloc::Block;
using process::g_session;
using ring::Event;
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

struct OpenEvents {
  const Event* events = nullptr;
  uint32_t count = 0;
  uint16_t tag = 0;
};

OpenEvents open_events(const ring::Ledger& ledger, uint32_t slot) {
  const ring::Section& section = ledger.section(SectionKind::kOpenBlocks);
  const uint64_t offset = section.offset_bytes + uint64_t{slot} * section.entry_bytes;
  if (slot >= section.capacity || !g_session.is_touched(offset, section.entry_bytes)) return {};
  const auto* block = reinterpret_cast<const ring::OpenBlock*>(ledger.base() + offset);
  const uint64_t cursor = __atomic_load_n(&block->cursor, __ATOMIC_ACQUIRE);
  const uint32_t places = (section.entry_bytes - sizeof(ring::OpenBlock)) / sizeof(Event);
  return {reinterpret_cast<const Event*>(block + 1),
          std::min(static_cast<uint32_t>(cursor), places), static_cast<uint16_t>(cursor >> 32)};
}

// The frees that the open blocks still hold; the reader finds older ones in the ring. An event's
// number is its slot and place.
constexpr uint32_t kSlotShift = 16;

const Event& open_event(const ring::Ledger& ledger, uint32_t number) {
  return open_events(ledger, number >> kSlotShift).events[number & ((1u << kSlotShift) - 1)];
}

void match_frees(const ring::Ledger& ledger) {
  const uint32_t slots = ledger.section(SectionKind::kOpenBlocks).capacity;
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const OpenEvents open = open_events(ledger, slot);
    for (uint32_t place = 0; place < open.count; ++place) {
      const Event& event = open.events[place];
      if ((event.head & 0xff) != static_cast<uint64_t>(ring::EventKind::kFree)) continue;
      if (static_cast<uint16_t>(event.head >> 8) != open.tag) continue;
      const uint64_t time_us = event.time & ring::kTimeMask;
      const auto note = [&](PointerValues::Value& value, uint32_t distance) {
        if (value.freed != PointerValues::kNone) {
          if (value.freed_distance < distance) return;
          const Event& other = open_event(ledger, value.freed);
          if (value.freed_distance == distance && (other.time & ring::kTimeMask) > time_us) return;
        }
        value.freed = slot << kSlotShift | place;
        value.freed_distance = distance;
      };
      g_values.for_each_near(event.a & ring::kAddressMask, event.b & ring::kSizeMask, note);
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
  const Event& event = open_event(ledger, value.freed);
  HeapPointer pointer = pointer_of(value);
  pointer.state = static_cast<uint16_t>(ring::PointeeState::kFreed);
  pointer.block_address = event.a & ring::kAddressMask;
  pointer.block_bytes = event.b & ring::kSizeMask;
  pointer.free_us = event.time & ring::kTimeMask;
  pointer.birth_site = static_cast<uint32_t>(event.b >> 40);
  pointer.free_thread = static_cast<uint32_t>(event.head >> 24) & 0xffff;
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
