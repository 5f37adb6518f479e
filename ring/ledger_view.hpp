// SPDX-License-Identifier: Apache-2.0
// The ledger's tables, entry by entry: what is in a slot, and is it whole? An entry is judged
// alone, so that one flipped bit costs one entry. Allocates nothing; bytes are a section's, as
// given by section_bytes, at a multiple of 8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

// kAbsent: never written, or not finished when the process ended. kDamaged: written whole, but not
// what was written.
enum class EntryState { kAbsent, kWhole, kDamaged };

inline constexpr uint32_t kMaxPathBytes = 4096;

EntryState read_module(std::span<const std::byte> modules, uint32_t index, Module& module);
// Empty unless the String at the offset is whole and at most kMaxPathBytes long.
std::string_view read_string(std::span<const std::byte> strings, uint32_t offset_bytes);

// Site 0 is always there. A site whose kind is not stored yet counts as whole: its sums are true.
EntryState read_site(std::span<const std::byte> sites, uint32_t slot, Site& site);
EntryState read_history(std::span<const std::byte> histories, uint32_t index, uint32_t site,
                        History& history);
EntryState read_thread(std::span<const std::byte> threads, uint32_t index, Thread& thread);

struct LiveFields {
  uint64_t address;
  uint64_t time_us;
  uint64_t size_bytes;
  uint32_t site;
  uint32_t thread;
  uint16_t weight;
  LiveState state;
};
// kAbsent also for a slot that was freed, taken or given to another block while it was read.
EntryState read_live(std::span<const std::byte> live, uint32_t slot, LiveFields& fields);

struct FreedFields {
  uint64_t address;
  uint64_t time_us;  // of the free
  uint64_t age_us;   // of the block
  uint64_t size_bytes;
  uint32_t birth_site;
  uint32_t free_site;
  uint32_t thread;  // that freed
  uint16_t weight;
};
EntryState read_freed(std::span<const std::byte> freed, uint32_t index, FreedFields& fields);

// Level of the multi-resolution series: slots [first, first + capacity).
struct SeriesRange {
  uint32_t first;
  uint32_t capacity;
};
SeriesRange series_range(uint32_t level, uint32_t section_capacity);
EntryState read_series_point(std::span<const std::byte> series, uint32_t level, SeriesRange range,
                             uint32_t slot, SeriesPoint& point);

// A stack with its parents' frames. Bounded by kMaxChain links and kMaxFrames frames, whatever the
// bytes say.
struct ExpandedStack {
  EntryState state = EntryState::kAbsent;
  Stack head{};              // of the entry itself
  uint32_t frame_count = 0;  // with kDamaged: those of the entries before the damaged one
  uint32_t bad_reference = 0;
  uint32_t words_read = 0;  // the cost, so that a caller can bound the sum over many stacks
};
// Stacks share their parents. In known_whole, a bit a reference and zero at first, it notes the
// entries whose checksum fits, so that none is computed twice. Only for bytes that do not change;
// it may be shorter than the arena, or empty.
ExpandedStack expand_stack(std::span<const std::byte> arena, uint32_t reference,
                           std::span<uint64_t, kMaxFrames> pcs,
                           std::span<uint64_t> known_whole = {});

// A sound stack's entry, as expand_stack would find it, for as much work as the entries of its
// chain that were not seen before: a parent is looked at once, however many stacks share it.
struct SoundStack {
  bool sound = false;  // false: expand_stack tells what is wrong, if anything is
  Stack head{};
  uint32_t words_read = 0;
};
// In both bitmaps, each as long as the other, it notes what it found: entries as above, and in
// known_sound those whose parents are sound, too.
SoundStack check_stack(std::span<const std::byte> arena, uint32_t reference,
                       std::span<uint64_t> known_whole, std::span<uint64_t> known_sound);

}  // namespace dbgtrace::ring
