// SPDX-License-Identifier: Apache-2.0
// The recorder without a process: real sampler, ledger and event writer on memory, with the clock,
// the seeds and the blocks as arguments. What it leaves is an image that the reader loads like a
// file.
#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "hooks/alloc/block_ledger.hpp"
#include "hooks/alloc/byte_sampler.hpp"
#include "reader/trace/load.hpp"
#include "ring/checksum.hpp"
#include "ring/history_writer.hpp"
#include "ring/plan.hpp"

namespace dbgtrace::tests {

class SimulatedRecorder {
 public:
  SimulatedRecorder(uint64_t file_bytes, uint64_t interval_bytes, uint64_t seed)
      : plan_(ring::make_plan(file_bytes, interval_bytes == 1)),
        image_(plan_.file_bytes / 8),
        scratch_(4 * ring::kSealScratchBytes) {
    auto& header = *reinterpret_cast<ring::Header*>(image_.data());
    std::memcpy(header.magic, ring::kMagic, 8);
    header.version = ring::kVersion;
    header.header_bytes = ring::kHeaderBytes;
    header.file_bytes = plan_.file_bytes;
    header.salt = seed | 1;
    header.start_unix_ns = 1'700'000'000'000'000'000;
    header.base_interval_bytes = interval_bytes;
    header.arch = static_cast<uint32_t>(ring::Arch::kX86_64);
    header.page_bytes = 4096;
    std::memcpy(header.sections, plan_.sections, sizeof(header.sections));
    header.static_checksum = ring::crc32c(&header, ring::kStaticHeaderBytes);
    header.live.state = static_cast<uint32_t>(ring::State::kRunning);
    header.live.interval_bytes = interval_bytes;
    header.live.exact_until_us = interval_bytes == 1 ? ~uint64_t{0} : 0;
    header.live.totals_until_us = header.live.exact_until_us;
    ledger_ = ring::Ledger(reinterpret_cast<std::byte*>(image_.data()), {});
    ledger_.set_every_allocation(interval_bytes == 1);
    for (uint32_t i = 0; i < ring::kSectionCount; ++i)
      ledger_.set_section(static_cast<ring::SectionKind>(i), plan_.sections[i]);
    events_.start(ledger_, header.salt, scratch_.data());
    const uint32_t capacity = ledger_.section(ring::SectionKind::kLive).capacity;
    index_words_ = std::make_unique<Line[]>(hooks::alloc::LiveIndex::bytes_for(capacity) / 64 + 1);
    index_.start(index_words_.get(), capacity);
    interval_.start(interval_bytes, capacity);
    if (!blocks_.start(ledger_, events_)) throw std::runtime_error("no room for the ledger");
    if (interval_bytes == 1) filter_->hold_all();
    random_.seed(seed);
    start_thread();
  }
  SimulatedRecorder(const SimulatedRecorder&) = delete;
  SimulatedRecorder& operator=(const SimulatedRecorder&) = delete;

  // As a new thread's first request: a drawn countdown, not a certain hit.
  void start_thread() { draw(); }

  // An allocation as the hot path sees it. site is any number; its stack is made of it.
  uintptr_t allocate(uint64_t size_bytes, uint64_t site, uint64_t time_us) {
    const uintptr_t address = next_address_ += 16;
    if (ledger_.every_allocation()) {
      allocate_counted(address, size_bytes, site, time_us);
      return address;
    }
    if (size_bytes < countdown_) {
      countdown_ -= size_bytes;
      return address;
    }
    const uint64_t drawn_with = drawn_with_;
    draw();
    if (size_bytes != 0)
      record(address, size_bytes, hooks::alloc::sample_weight(size_bytes, drawn_with), site,
             time_us);
    return address;
  }

  // A sample that somebody else drew.
  uintptr_t record_sample(uint64_t size_bytes, uint16_t weight, uint64_t site, uint64_t time_us) {
    const uintptr_t address = next_address_ += 16;
    record(address, size_bytes, weight, site, time_us);
    return address;
  }

  void free(uintptr_t address, uint64_t time_us) {
    if (!filter_->may_hold(address)) return;
    const auto found = blocks_.find(address);
    if (blocks_.is_ours(found)) blocks_.freed(found, address, {0, nullptr}, at(time_us));
  }

  // old_bytes: as the program knows it.
  void resize(uintptr_t address, uint64_t old_bytes, uint64_t new_bytes, uint64_t site,
              uint64_t time_us) {
    hooks::alloc::Block old{};
    const auto found = blocks_.find(address);
    const uint32_t slot = blocks_.is_ours(found)
                              ? blocks_.detach(found, address, old, ring::Threads::kOne)
                              : hooks::alloc::kNoSlot;
    const uint64_t growth = new_bytes > old_bytes ? new_bytes - old_bytes : 0;
    const uint64_t drawn_with = drawn_with_;
    const bool hit = growth != 0 && growth >= countdown_;
    if (hit)
      draw();
    else
      countdown_ -= growth;
    const uint16_t weight = hit ? hooks::alloc::sample_weight(growth, drawn_with) : 0;
    if (slot != hooks::alloc::kNoSlot) {
      const auto totals = ledger_.every_allocation() ? hooks::alloc::Totals::kCounted
                                                     : hooks::alloc::Totals::kEstimated;
      blocks_.resized(slot, address, address, new_bytes, {growth, hit, weight, totals},
                      at(time_us));
    } else if (hit) {
      const double share = ring::weight_to_double(weight) * static_cast<double>(growth) /
                           static_cast<double>(new_bytes);
      record(address, new_bytes, ring::weight_from_double(share), site, time_us);
    }
  }

  void note_process_point(uint64_t time_us) { ring::note_process_point(ledger_, time_us, 0); }
  // Changes the interval in mid-run, as the budget or a full table does.
  void change_interval(uint64_t interval_bytes) {
    interval_.start(interval_bytes, ledger_.section(ring::SectionKind::kLive).capacity);
    ledger_.live().interval_bytes = interval_bytes;
  }
  ring::LiveHeader& live() { return ledger_.live(); }
  const ring::Ledger& ledger() const { return ledger_; }
  uint64_t interval_bytes() const { return interval_.bytes(); }

  reader::trace::Trace trace() const {
    auto result = reader::trace::load_image(std::as_bytes(std::span(image_)), "simulated");
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

 private:
  void draw() {
    drawn_with_ = interval_.bytes();
    countdown_ = drawn_with_ <= 1 ? 0 : hooks::alloc::draw_distance(random_, drawn_with_);
  }
  // As the recorder does it where every allocation is recorded, or at least counted.
  void allocate_counted(uintptr_t address, uint64_t size_bytes, uint64_t site, uint64_t time_us) {
    using hooks::alloc::Totals;
    if (interval_.bytes() == 1)
      return record(address, size_bytes, ring::kWeightOne, site, time_us, Totals::kCounted);
    if (drawn_with_ <= 1) draw();
    if (size_bytes < countdown_) {
      countdown_ -= size_bytes;
      return blocks_.born_unseen(*site_of(site, time_us).site, size_bytes, at(time_us));
    }
    const uint64_t drawn_with = drawn_with_;
    draw();
    record(address, size_bytes, hooks::alloc::sample_weight(size_bytes, drawn_with), site, time_us,
           Totals::kCounted);
  }
  ring::SiteRef site_of(uint64_t site, uint64_t time_us) {
    const uint64_t pcs[2] = {0x400000 + site * 64, 0x400010};
    return ring::find_or_make_site(ledger_, (site + 1) * 0x9e3779b97f4a7c15, ring::SiteKind::kHeap,
                                   {pcs, time_us, 0, false});
  }
  void record(uintptr_t address, uint64_t size_bytes, uint16_t weight, uint64_t site,
              uint64_t time_us, hooks::alloc::Totals totals = hooks::alloc::Totals::kEstimated) {
    const ring::SiteRef found = site_of(site, time_us);
    blocks_.born(address, found, {time_us, size_bytes, found.id, 0, weight}, ring::LiveState::kHeld,
                 totals, ring::Threads::kOne);
  }
  static hooks::alloc::Moment at(uint64_t time_us) { return {time_us, 0, ring::Threads::kOne}; }

  ring::Plan plan_;
  std::vector<uint64_t> image_;
  std::vector<std::byte> scratch_;
  ring::Ledger ledger_;
  ring::EventWriter events_;
  struct alignas(64) Line {
    std::byte bytes[64]{};
  };
  std::unique_ptr<Line[]> index_words_;
  hooks::alloc::LiveIndex index_;
  hooks::alloc::LiveSlots slots_;
  std::unique_ptr<hooks::alloc::FreeFilter> filter_ = std::make_unique<hooks::alloc::FreeFilter>();
  hooks::alloc::Interval interval_;
  hooks::alloc::BlockLedger blocks_{index_, slots_, *filter_, interval_};
  hooks::alloc::Random random_;
  uint64_t countdown_ = 0, drawn_with_ = 0;
  uintptr_t next_address_ = 0x10000;
};

}  // namespace dbgtrace::tests
