// SPDX-License-Identifier: Apache-2.0
// The ring and the open blocks to the model: where events lie, and what is missing between them.
// The events themselves are EventStream's.
#include <algorithm>
#include <memory>
#include <utility>

#include "reader/trace/load_parts.hpp"
#include "ring/header_view.hpp"
#include "ring/scanner.hpp"
#include "ring/shared_words.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::SectionKind;

constexpr uint32_t kMaxOpenSlots = 1024;
constexpr size_t kGapsNamed = 64;

class HistoryLoader {
 public:
  HistoryLoader(std::span<const std::byte> file, uint64_t moved_bytes, Trace& trace,
                DamageLog& damages)
      : trace_(trace),
        damages_(damages),
        ring_(ring::section_bytes(file, trace.header, SectionKind::kRing)),
        open_(ring::section_bytes(file, trace.header, SectionKind::kOpenBlocks)),
        ring_section_(ring::section_of(trace.header, SectionKind::kRing)),
        open_section_(ring::section_of(trace.header, SectionKind::kOpenBlocks)),
        buffer_(std::make_unique<ring::EventBuffer>()),
        moved_bytes_(moved_bytes),
        max_events_(file.size() / sizeof(ring::Event) * kMaxRatio) {}

  void run() {
    scan();
    // Open slots before the gaps: how many of them are on their way into the ring tells damage from
    // a sudden death.
    read_open();
    report_gaps();
    note_sealed();
  }

 private:
  // A block of nothing but equal bytes would shrink 250 times; events, whose addresses and times
  // differ, do so 2 to 4 times.
  static constexpr uint64_t kMaxRatio = 4;

  void scan();
  uint64_t excused_bytes() const;
  void report_gaps();
  void read_open();
  void note_sealed();
  bool is_sealed(uint64_t sequence) const {
    const auto at = std::lower_bound(
        refs_.begin(), refs_.end(), sequence,
        [](const ring::SealedRef& ref, uint64_t wanted) { return ref.sequence < wanted; });
    return at != refs_.end() && at->sequence == sequence;
  }

  Trace& trace_;
  DamageLog& damages_;
  std::span<const std::byte> ring_;
  std::span<const std::byte> open_;
  const ring::Section& ring_section_;
  const ring::Section& open_section_;
  std::unique_ptr<ring::EventBuffer> buffer_;
  uint64_t moved_bytes_;
  uint64_t max_events_;
  std::vector<ring::SealedRef> refs_;  // by sequence
  std::vector<ring::Gap> gaps_;
  ring::Arrangement arrangement_;
  uint32_t sealing_slots_ = 0;
  uint64_t open_events_ = 0;
};

void HistoryLoader::scan() {
  if (ring_section_.size_bytes < sizeof(ring::SealedBlock)) return;
  ring::SealedScan scan(ring_, ring_section_.size_bytes, trace_.header.salt);
  for (ring::SealedRef ref; scan.next(ref);) refs_.push_back(ref);
  if (scan.report().gave_up) {
    damages_.add(ring_section_.offset_bytes + scan.report().scanned_bytes, 0,
                 fmt::format("{} broken blocks in the ring: the rest was not searched",
                             scan.report().rejected_blocks));
  }
  gaps_.resize(kGapsNamed);
  arrangement_ =
      ring::arrange(refs_, ring_section_.size_bytes, trace_.header.live.ring_head, gaps_);
  refs_.resize(arrangement_.kept);
}

// What may be missing without anybody having damaged the file.
uint64_t HistoryLoader::excused_bytes() const {
  // Where the disk refused space, blocks were dropped, and counted, after their place was taken.
  if (trace_.header.live.lost.disk_refused != 0) return ring_section_.size_bytes;
  // A thread that dies while it writes a block leaves its place empty, but the events still lie in
  // the open slot. While the process runs, every slot may have been written out during the copy.
  const uint32_t writers =
      moved_bytes_ == 0 ? sealing_slots_ : std::min(kMaxOpenSlots, open_section_.capacity);
  return std::min(moved_bytes_, ring_section_.size_bytes) +
         uint64_t{writers} * ring::kMaxSealedBytes;
}

void HistoryLoader::report_gaps() {
  if (arrangement_.gap_bytes <= excused_bytes()) return;
  trace_.gap_bytes = arrangement_.gap_bytes;
  for (size_t i = 0; i < arrangement_.gaps_stored; ++i) {
    const ring::Gap& gap = gaps_[i];
    const std::string after =
        gap.after_sequence == 0 ? "the beginning" : fmt::format("block {}", gap.after_sequence);
    const std::string before =
        gap.before_sequence == 0 ? "the end" : fmt::format("block {}", gap.before_sequence);
    damages_.add(ring_section_.offset_bytes + gap.offset_bytes, gap.size_bytes,
                 fmt::format("no valid block in the ring between {} and {}", after, before));
  }
  if (arrangement_.gaps > arrangement_.gaps_stored) {
    damages_.add(
        ring_section_.offset_bytes, 0,
        fmt::format("{} more gaps in the ring", arrangement_.gaps - arrangement_.gaps_stored));
  }
}

void HistoryLoader::read_open() {
  const uint32_t slots = std::min(kMaxOpenSlots, ring::entries_in(open_, open_section_));
  DamageCount foreign(damages_, "open blocks whose salt is not this recording's");
  for (uint32_t index = 0; index < slots; ++index) {
    const uint64_t at = uint64_t{index} * open_section_.entry_bytes;
    const ring::OpenEvents open =
        ring::read_open(open_.subspan(at, open_section_.entry_bytes), trace_.header.salt, *buffer_);
    if (open.empty) continue;
    if (!open.valid) {
      foreign.add(open_section_.offset_bytes + at, open_section_.entry_bytes);
      continue;
    }
    if (is_sealed(open.sequence)) continue;
    sealing_slots_ += open.sealing ? 1 : 0;
    trace_.torn_events += open.torn_count;
    ring::SealedRef ref{};
    ref.offset_bytes = at;
    ref.sequence = open.sequence;
    ref.total_bytes = open_section_.entry_bytes;
    ref.event_count = open.event_count;
    open_events_ += open.event_count;
    trace_.history.push_back({ref, true});
  }
}

void HistoryLoader::note_sealed() {
  // Newest first, so that the oldest are left out if there are too many.
  uint64_t wanted = open_events_;
  auto oldest = refs_.end();
  while (oldest != refs_.begin() && wanted + std::prev(oldest)->event_count <= max_events_) {
    --oldest;
    wanted += oldest->event_count;
  }
  if (oldest != refs_.begin()) {
    damages_.add(ring_section_.offset_bytes, 0,
                 fmt::format("more events than a file of this size can hold: the oldest {} "
                             "blocks are left out",
                             oldest - refs_.begin()));
  }
  for (auto ref = oldest; ref != refs_.end(); ++ref) {
    const auto head = ring::load_entry<ring::SealedBlock>(ring_.data() + ref->offset_bytes);
    trace_.torn_events += std::min(head.torn_count, ref->event_count);
    trace_.history.push_back({*ref, false});
  }
}

}  // namespace

void load_history(std::span<const std::byte> file, uint64_t moved_bytes, Trace& trace,
                  DamageLog& damages) {
  HistoryLoader(file, moved_bytes, trace, damages).run();
}

}  // namespace dbgtrace::reader::trace
