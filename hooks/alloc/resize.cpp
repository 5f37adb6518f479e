// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/own_cost.hpp"
#include "hooks/alloc/recorder.hpp"
#include "hooks/alloc/sample_site.hpp"
#include "hooks/alloc/tracker.hpp"
#include "hooks/os/thread_count.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

using process::g_session;
using ring::Ledger;

Resize::Resize(void* block, uint64_t new_bytes, uint64_t old_usable_bytes)
    : block_(block), new_bytes_(new_bytes), slot_(kNoSlot) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  uint64_t old_bytes = old_usable_bytes;
  if (g_free_filter.may_hold(address)) {
    Block old{};
    if (!g_session.recording_here()) {
      forget_unrecorded(address);
    } else if (const LiveIndex::Found found = g_blocks.find(address); BlockLedger::is_ours(found)) {
      slot_ = g_blocks.detach(found, address, old, os::threads_now());
      if (slot_ != kNoSlot) old_bytes = old.size_bytes;
    } else if (g_blocks.forget_inherited(found, address, os::threads_now())) {
      Ledger::add(g_session.ledger().live().inherited_frees, 1);
    }
  }
  growth_bytes_ = new_bytes > old_bytes ? new_bytes - old_bytes : 0;
  ThreadState& thread = t_state;
  if (growth_bytes_ < thread.countdown)
    thread.countdown -= growth_bytes_;
  else
    hit_ = take_hit(growth_bytes_);
}

void Resize::finish(void* result, bool failed, Frame frame) {
  const auto old_address = reinterpret_cast<uintptr_t>(block_);
  const auto address = reinterpret_cast<uintptr_t>(result);
  if (slot_ == kNoSlot) {
    if (!failed && result != nullptr && growth_bytes_ != 0) finish_unknown(result, frame);
    return;
  }
  const OwnCost cost;
  const Moment moment = this_moment();
  if (failed) return g_blocks.put_back(slot_, old_address, moment);
  if (result == nullptr) {  // realloc(p, 0)
    const ring::SiteRef site =
        site_of(g_session.ledger(), frame, ring::SiteKind::kFreeing, moment.now_us);
    return g_blocks.freed_by_resize(slot_, old_address, site, moment);
  }
  const Growth growth{growth_bytes_, hit_.sampled, hit_.weight, totals_of(hit_)};
  g_blocks.resized(slot_, old_address, address, new_bytes_, growth, moment);
}

// A block that nobody followed has grown.
void Resize::finish_unknown(void* result, Frame frame) const {
  if (hit_.sampled && hit_.weight == ring::kWeightOne)  // from now on it is known, whole
    return record_block(result, new_bytes_, hit_, frame);
  if (hit_.counted) {
    if (!g_session.ready_to_record()) return;
    const Moment moment = this_moment();
    const ring::SiteRef site =
        site_of(g_session.ledger(), frame, ring::SiteKind::kHeap, moment.now_us);
    if (site.site != nullptr) g_blocks.grown_unseen(*site.site, growth_bytes_, moment);
  }
  if (!hit_.sampled) return;
  const double bytes = ring::weight_to_double(hit_.weight) * static_cast<double>(growth_bytes_);
  const uint16_t weight = ring::weight_from_double(bytes / static_cast<double>(new_bytes_));
  record_block(result, new_bytes_, {true, weight, hit_.counted, true}, frame);
}

}  // namespace dbgtrace::hooks::alloc
