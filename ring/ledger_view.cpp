// SPDX-License-Identifier: Apache-2.0
#include "ring/ledger_view.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "ring/checksum.hpp"
#include "ring/shared_words.hpp"

namespace dbgtrace::ring {
namespace {

template <typename Entry>
bool is_inside(std::span<const std::byte> table, uint64_t index) {
  return index < table.size() / sizeof(Entry);
}

template <typename Entry>
Entry entry_at(std::span<const std::byte> table, uint64_t index, size_t key_offset = 0) {
  return load_entry<Entry>(table.data() + index * sizeof(Entry), key_offset);
}

// A bitmap with a bit a reference; those past its end are clear.
bool is_noted(std::span<const uint64_t> bits, uint32_t reference) {
  const size_t word = reference / 64;
  return word < bits.size() && (bits[word] >> (reference % 64) & 1) != 0;
}

void note(std::span<uint64_t> bits, uint32_t reference) {
  const size_t word = reference / 64;
  if (word < bits.size()) bits[word] |= uint64_t{1} << (reference % 64);
}

// One link of a chain: the entry and its own frames are whole.
EntryState read_link(std::span<const std::byte> arena, uint32_t reference,
                     std::span<uint64_t> known_whole, Stack& head) {
  const uint64_t at = uint64_t{reference} * 8;
  if (reference == 0 || at + sizeof(Stack) > arena.size()) return EntryState::kDamaged;
  head = load_entry<Stack>(arena.data() + at);
  if (head.checksum == 0) return EntryState::kAbsent;
  const uint64_t frame_bytes = uint64_t{head.new_frames} * 8;
  if (head.new_frames + head.kept_frames > kMaxFrames ||
      frame_bytes > arena.size() - at - sizeof(Stack)) {
    return EntryState::kDamaged;
  }
  if (is_noted(known_whole, reference)) return EntryState::kWhole;
  uint32_t crc = crc32c(reinterpret_cast<const std::byte*>(&head) + 4, sizeof(Stack) - 4);
  crc = nonzero(crc32c(arena.data() + at + sizeof(Stack), frame_bytes, crc));
  if (crc != head.checksum) return EntryState::kDamaged;
  // The arena only grows, so a parent lies before its children: a chain can't be a circle.
  const bool has_parent = head.kept_frames != 0;
  if (has_parent != (head.parent != 0) || head.parent >= reference) return EntryState::kDamaged;
  note(known_whole, reference);
  return EntryState::kWhole;
}

}  // namespace

EntryState read_module(std::span<const std::byte> modules, uint32_t index, Module& module) {
  if (!is_inside<Module>(modules, index)) return EntryState::kAbsent;
  module = entry_at<Module>(modules, index, offsetof(Module, checksum));
  if (module.checksum == 0) return EntryState::kAbsent;
  Module covered = module;
  covered.unload_us = 0;
  covered.checksum = 0;
  if (nonzero(crc32c(&covered, sizeof(covered))) != module.checksum) return EntryState::kDamaged;
  if (module.start >= module.end || module.build_id_bytes > sizeof(module.build_id))
    return EntryState::kDamaged;
  return EntryState::kWhole;
}

std::string_view read_string(std::span<const std::byte> strings, uint32_t offset_bytes) {
  String head;
  if (offset_bytes % 4 != 0 || uint64_t{offset_bytes} + sizeof(head) > strings.size()) return {};
  const std::byte* at = strings.data() + offset_bytes;
  std::memcpy(&head, at, sizeof(head));
  if (head.length_bytes > kMaxPathBytes ||
      head.length_bytes > strings.size() - offset_bytes - sizeof(head))
    return {};
  const uint32_t crc =
      crc32c(at + offsetof(String, length_bytes), sizeof(head.length_bytes) + head.length_bytes);
  if (nonzero(crc) != head.checksum) return {};
  return {reinterpret_cast<const char*>(at + sizeof(head)), head.length_bytes};
}

EntryState read_site(std::span<const std::byte> sites, uint32_t slot, Site& site) {
  if (!is_inside<Site>(sites, slot)) return EntryState::kAbsent;
  const size_t key = slot * sizeof(Site) + offsetof(Site, kind);
  // Most slots of a table are empty: look at the key alone.
  if (slot != 0 && load_word(sites.data() + slot * sizeof(Site)) == 0) return EntryState::kAbsent;
  (void)load_word(sites.data() + key / 8 * 8);
  site = entry_at<Site>(sites, slot);
  const bool known = site.kind <= static_cast<uint16_t>(SiteKind::kFreeing);
  return known ? EntryState::kWhole : EntryState::kDamaged;
}

EntryState read_history(std::span<const std::byte> histories, uint32_t index, uint32_t site,
                        History& history) {
  if (!is_inside<History>(histories, index)) return EntryState::kDamaged;
  history = entry_at<History>(histories, index);
  const bool sound = history.site == site && history.points_used <= kHistoryPoints;
  return sound ? EntryState::kWhole : EntryState::kDamaged;
}

EntryState read_thread(std::span<const std::byte> threads, uint32_t index, Thread& thread) {
  if (!is_inside<Thread>(threads, index)) return EntryState::kAbsent;
  thread = entry_at<Thread>(threads, index);
  thread.name[sizeof(thread.name) - 1] = '\0';
  return thread.tid == 0 ? EntryState::kAbsent : EntryState::kWhole;
}

EntryState read_live(std::span<const std::byte> live, uint32_t slot, LiveFields& fields) {
  if (!is_inside<Live>(live, slot)) return EntryState::kAbsent;
  const std::byte* at = live.data() + slot * sizeof(Live);
  const uint64_t key = load_word(at);
  if ((key & kAddressMask) == 0) return EntryState::kAbsent;
  const Live entry = load_entry<Live>(at);
  // A slot that was freed is the first to be used again, perhaps for a block at the same address.
  const Live again = load_entry<Live>(at);
  if (std::memcmp(&entry, &again, sizeof(entry)) != 0 || entry.address_state != key)
    return EntryState::kAbsent;
  fields.address = key & kAddressMask;
  fields.state = static_cast<LiveState>((key >> 48) & 3);
  fields.thread = static_cast<uint32_t>(key >> 50);
  fields.time_us = entry.time_weight & kTimeMask;
  fields.weight = static_cast<uint16_t>(entry.time_weight >> 48);
  fields.size_bytes = entry.size_site & kSizeMask;
  fields.site = static_cast<uint32_t>(entry.size_site >> 40);
  return EntryState::kWhole;
}

EntryState read_freed(std::span<const std::byte> freed, uint32_t index, FreedFields& fields) {
  if (!is_inside<Freed>(freed, index)) return EntryState::kAbsent;
  const std::byte* at = freed.data() + index * sizeof(Freed);
  const Freed entry = load_entry<Freed>(at);
  if ((entry.address_thread & kAddressMask) == 0 || load_word(at) != entry.address_thread)
    return EntryState::kAbsent;
  fields.address = entry.address_thread & kAddressMask;
  fields.thread = static_cast<uint32_t>(entry.address_thread >> 50);
  fields.time_us = entry.time_weight & kTimeMask;
  fields.weight = static_cast<uint16_t>(entry.time_weight >> 48);
  fields.size_bytes = entry.size_site & kSizeMask;
  fields.birth_site = static_cast<uint32_t>(entry.size_site >> 40);
  fields.age_us = entry.age_site & kSizeMask;
  fields.free_site = static_cast<uint32_t>(entry.age_site >> 40);
  return EntryState::kWhole;
}

SeriesRange series_range(uint32_t level, uint32_t section_capacity) {
  uint32_t first = 0;
  for (uint32_t i = 0; i < level; ++i) first += section_capacity / 64 * kSeriesLevels[i].parts;
  return {first, section_capacity / 64 * kSeriesLevels[level].parts};
}

EntryState read_series_point(std::span<const std::byte> series, uint32_t level, SeriesRange range,
                             uint32_t slot, SeriesPoint& point) {
  const uint64_t index = uint64_t{range.first} + slot;
  if (!is_inside<SeriesPoint>(series, index)) return EntryState::kAbsent;
  point = entry_at<SeriesPoint>(series, index);
  if (point.time_us == 0) return EntryState::kAbsent;
  // The writer clears the time before it changes a point.
  if (load_word(series.data() + index * sizeof(SeriesPoint)) != point.time_us)
    return EntryState::kAbsent;
  const uint64_t step = point.time_us / kSeriesLevels[level].step_us;
  return step % range.capacity == slot ? EntryState::kWhole : EntryState::kDamaged;
}

ExpandedStack expand_stack(std::span<const std::byte> arena, uint32_t reference,
                           std::span<uint64_t, kMaxFrames> pcs, std::span<uint64_t> known_whole) {
  ExpandedStack result;
  // Of the current link's list (its new frames, then what it kept of its parent) the outermost
  // `wanted` are still missing.
  uint64_t wanted = 0;
  for (uint32_t link = 0; link <= kMaxChain; ++link) {
    Stack head;
    const EntryState state = read_link(arena, reference, known_whole, head);
    result.words_read +=
        sizeof(Stack) / 8 + (state == EntryState::kWhole ? head.new_frames : kMaxFrames);
    const uint64_t all = uint64_t{head.new_frames} + head.kept_frames;
    if (state != EntryState::kWhole || (link != 0 && wanted > all)) {
      // A stack that was never finished is absent; one that another entry refers to should have
      // been there.
      result.state = link == 0 ? state : EntryState::kDamaged;
      result.bad_reference = reference;
      return result;
    }
    if (link == 0) {
      result.head = head;
      wanted = all;
    }
    const uint64_t skipped = std::min<uint64_t>(all - wanted, head.new_frames);
    const uint64_t taken = head.new_frames - skipped;
    const std::byte* frames = arena.data() + uint64_t{reference} * 8 + sizeof(Stack);
    uint64_t* out = pcs.data() + result.frame_count;
    for (const std::byte* at = frames + skipped * 8; at != frames + head.new_frames * 8; at += 8)
      *out++ = load_word(at);
    result.frame_count += static_cast<uint32_t>(taken);
    wanted -= taken;
    if (wanted == 0) {
      result.state = EntryState::kWhole;
      return result;
    }
    reference = head.parent;
  }
  result.state = EntryState::kDamaged;
  result.bad_reference = reference;
  return result;
}

SoundStack check_stack(std::span<const std::byte> arena, uint32_t reference,
                       std::span<uint64_t> known_whole, std::span<uint64_t> known_sound) {
  SoundStack result;
  std::array<uint32_t, kMaxChain + 1> links;
  Stack child{};
  uint32_t depth = 0;
  for (uint32_t at = reference;; at = child.parent) {
    Stack head;
    if (read_link(arena, at, known_whole, head) != EntryState::kWhole) return result;
    result.words_read += sizeof(Stack) / 8 + head.new_frames;
    if (depth == 0) {
      result.head = head;
    } else if (child.chain != head.chain + 1 ||
               child.kept_frames > head.new_frames + head.kept_frames) {
      return result;
    }
    if (is_noted(known_sound, at)) break;
    if (depth == links.size()) return result;
    links[depth++] = at;
    child = head;
    if (head.kept_frames != 0) continue;
    if (head.chain != 0) return result;
    break;
  }
  // Every link counts its parents: that bounds the chain, also where it goes on in noted ones.
  if (result.head.chain > kMaxChain) return result;
  for (uint32_t i = 0; i < depth; ++i) note(known_sound, links[i]);
  result.sound = true;
  return result;
}

}  // namespace dbgtrace::ring
