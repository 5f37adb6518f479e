// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/event_stream.hpp"

#include <algorithm>
#include <utility>

#include "reader/trace/damage_log.hpp"
#include "ring/header_view.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::SectionKind;

uint64_t time_of(const ring::Event& event) { return event.time & ring::kTimeMask; }

Event event_of(const ring::Event& stored, uint64_t sequence) {
  Event event;
  event.kind = static_cast<ring::EventKind>(stored.head & 0xff);
  event.sequence = sequence;
  event.time_us = time_of(stored);
  event.a = stored.a;
  event.b = stored.b;
  event.thread = static_cast<uint32_t>(stored.head >> 24) & 0xffff;
  event.extra = static_cast<uint32_t>(stored.time >> 48);
  event.weight = ring::weight_to_double(static_cast<uint16_t>(stored.head >> 40));
  return event;
}

}  // namespace

EventStream::EventStream(std::span<const std::byte> file, Trace& trace)
    : header_(trace.header),
      ring_(ring::section_bytes(file, trace.header, SectionKind::kRing)),
      open_(ring::section_bytes(file, trace.header, SectionKind::kOpenBlocks)),
      buffer_(std::make_unique<ring::EventBuffer>()) {
  note_blocks(trace);
}

void EventStream::note_blocks(Trace& trace) {
  DamageLog damages(trace.damages);
  DamageCount broken(damages, "blocks of the ring that can't be decompressed");
  const uint64_t ring_bytes = ring::section_of(header_, SectionKind::kRing).offset_bytes;
  for (const HistoryBlock& where : trace.history) {
    const ring::BlockEvents events = decode(where);
    if (!events.valid) {
      broken.add(ring_bytes + where.ref.offset_bytes, where.ref.total_bytes);
      continue;
    }
    if (events.event_count == 0) continue;
    uint64_t first_us = ~uint64_t{0};
    for (uint32_t i = 0; i < events.event_count; ++i) {
      first_us = std::min(first_us, time_of(buffer_->events[i]));
    }
    blocks_.push_back({first_us, where});
  }
  std::stable_sort(blocks_.begin(), blocks_.end(),
                   [](const Block& a, const Block& b) { return a.first_us < b.first_us; });
}

ring::BlockEvents EventStream::decode(const HistoryBlock& where) {
  if (where.open) {
    const uint64_t slot_bytes = ring::section_of(header_, SectionKind::kOpenBlocks).entry_bytes;
    return ring::read_open(open_.subspan(where.ref.offset_bytes, slot_bytes), header_.salt,
                           *buffer_);
  }
  return ring::decode_sealed(ring_, ring::section_of(header_, SectionKind::kRing).size_bytes,
                             header_.salt, where.ref, *buffer_);
}

void EventStream::take_up(const Block& block) {
  const ring::BlockEvents whole = decode(block.where);
  if (!whole.valid || whole.event_count == 0) return;
  if (free_.empty()) {
    free_.push_back(decoded_.size());
    decoded_.emplace_back();
  }
  const size_t index = free_.back();
  free_.pop_back();
  Decoded& decoded = decoded_[index];
  decoded.sequence = whole.sequence;
  decoded.at = 0;
  decoded.events.assign(buffer_->events, buffer_->events + whole.event_count);
  std::stable_sort(
      decoded.events.begin(), decoded.events.end(),
      [](const ring::Event& a, const ring::Event& b) { return time_of(a) < time_of(b); });
  push_head(index);
}

void EventStream::push_head(size_t index) {
  const Decoded& decoded = decoded_[index];
  heads_.push({time_of(decoded.events[decoded.at]), decoded.sequence, index});
}

bool EventStream::next(Event& event) {
  while (taken_up_ < blocks_.size() &&
         (heads_.empty() || blocks_[taken_up_].first_us <= heads_.top().time_us)) {
    take_up(blocks_[taken_up_++]);
  }
  if (heads_.empty()) return false;
  const size_t index = heads_.top().index;
  heads_.pop();
  Decoded& decoded = decoded_[index];
  event = event_of(decoded.events[decoded.at++], decoded.sequence);
  if (decoded.at < decoded.events.size()) {
    push_head(index);
  } else {
    decoded.events = {};
    free_.push_back(index);
  }
  return true;
}

}  // namespace dbgtrace::reader::trace
