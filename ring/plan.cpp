// SPDX-License-Identifier: Apache-2.0
#include "ring/plan.hpp"

#include <algorithm>
#include <bit>

namespace dbgtrace::ring {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMiB = 1u << 20;
constexpr uint64_t kMaxExactLive = kMiB - 1;  // a slot and 0 take 20 bits in the index
constexpr uint64_t kMaxSampledLive = 32768;
constexpr uint64_t kMaxExactFreed = 65536;
constexpr uint64_t kMaxSampledFreed = 4096;
constexpr uint64_t kMaxSampledSites = 16384;

constexpr uint64_t round_up(uint64_t value, uint64_t step) {
  return (value + step - 1) / step * step;
}

// Places one section after the other.
class Layout {
 public:
  explicit Layout(Plan& plan) : plan_(plan) {}
  void place(SectionKind kind, uint32_t entry_bytes, uint64_t capacity) {
    Section& section = plan_.sections[static_cast<uint32_t>(kind)];
    section.offset_bytes = offset_;
    section.entry_bytes = entry_bytes;
    section.capacity = static_cast<uint32_t>(capacity);
    section.size_bytes = round_up(entry_bytes * capacity, kPage);
    offset_ += section.size_bytes;
  }
  uint64_t offset() const { return offset_; }

 private:
  Plan& plan_;
  uint64_t offset_ = kHeaderBytes;
};

}  // namespace

Plan make_plan(uint64_t file_bytes, bool every_allocation) {
  file_bytes = std::clamp(file_bytes, kMinFileBytes, uint64_t{1} << 30) / kPage * kPage;
  Plan plan{};
  plan.file_bytes = file_bytes;
  const uint64_t black_box = std::min(4 * kMiB, file_bytes / 4);
  const uint64_t history =
      every_allocation ? std::min(file_bytes / 16, 3 * kMiB / 4) : file_bytes / 2 - black_box;
  const uint64_t ledger = file_bytes - black_box - history;
  // Samples live at a time are bounded by the free filter (8,192); exact recording wants all that
  // fits.
  const uint64_t live = every_allocation ? std::min(ledger * 7 / 10 / sizeof(Live), kMaxExactLive)
                                         : std::min(ledger / 16 / sizeof(Live), kMaxSampledLive);
  const uint64_t freed = every_allocation ? std::min(ledger / 16 / sizeof(Freed), kMaxExactFreed)
                                          : std::min(ledger / 64 / sizeof(Freed), kMaxSampledFreed);
  const uint64_t rest = ledger - live * sizeof(Live) - freed * sizeof(Freed);
  const uint64_t sites = every_allocation
                             ? std::min<uint64_t>(rest * 9 / 20 / sizeof(Site), kMaxSites)
                             : std::min<uint64_t>(rest / 5 / sizeof(Site), kMaxSampledSites);

  Layout layout(plan);
  layout.place(SectionKind::kSeries, sizeof(SeriesPoint),
               std::min<uint64_t>(8192, rest / 10 / sizeof(SeriesPoint) / 64 * 64));
  layout.place(SectionKind::kThreads, sizeof(Thread),
               std::min<uint64_t>(kThreadMask + 1, rest / 16 / sizeof(Thread)));
  layout.place(SectionKind::kModules, sizeof(Module),
               std::min<uint64_t>(4096, rest / 16 / sizeof(Module)));
  layout.place(SectionKind::kStrings, 1, std::min<uint64_t>(kMiB, rest / 16));
  layout.place(SectionKind::kSites, sizeof(Site), std::bit_floor(sites));
  layout.place(SectionKind::kHistories, sizeof(History),
               std::min<uint64_t>(std::bit_floor(sites), rest / 6 / sizeof(History)));
  const uint64_t used =
      layout.offset() + live * sizeof(Live) + std::bit_floor(freed) * sizeof(Freed) + 2 * kPage;
  layout.place(SectionKind::kStacks, 8, (ledger > used + kPage ? ledger - used : kPage) / 8);
  layout.place(SectionKind::kLive, sizeof(Live), live);
  layout.place(SectionKind::kFreed, sizeof(Freed), std::bit_floor(freed));
  const uint64_t ring_and_open = file_bytes - black_box - layout.offset();
  const uint64_t block =
      std::clamp<uint64_t>(std::bit_floor(ring_and_open / 16), kPage, kMaxOpenBlockBytes);
  layout.place(SectionKind::kOpenBlocks, static_cast<uint32_t>(block), 4);
  layout.place(SectionKind::kRing, 1, (file_bytes - black_box - layout.offset()) / kPage * kPage);
  layout.place(SectionKind::kBlackBox, 1, (file_bytes - layout.offset()) / kPage * kPage);
  return plan;
}

}  // namespace dbgtrace::ring
