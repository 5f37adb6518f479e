// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/sample_site.hpp"

#include "hooks/alloc/newcomers.hpp"
#include "hooks/alloc/site_hints.hpp"
#include "hooks/alloc/stack_scratch.hpp"
#include "hooks/alloc/thread_memo.hpp"
#include "hooks/alloc/thread_state.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/hash.hpp"
#include "hooks/stack/loaded_code.hpp"
#include "hooks/stack/memo_walk.hpp"
#include "hooks/stack/walk.hpp"

namespace dbgtrace::hooks::alloc {

namespace {

constinit SiteHints g_site_hints;

// One sample on its way to its site.
struct Sample {
  const ring::Ledger& ledger;
  uint32_t recording;  // its number
  stack::Registers start;
  stack::SystemCalls calls;
  ring::SiteKind kind;
  uint64_t time_us;
};

std::span<const uint64_t> as_words(std::span<const uintptr_t> pcs) {
  static_assert(sizeof(uintptr_t) == sizeof(uint64_t));
  return {reinterpret_cast<const uint64_t*>(pcs.data()), pcs.size()};
}

uint64_t site_hash(uint64_t stack_hash, ring::SiteKind kind) {
  return stack::extend_hash(stack_hash, static_cast<uintptr_t>(kind), 0);
}

uint64_t hash_of(std::span<const uintptr_t> pcs, ring::SiteKind kind) {
  const auto salt = [](uintptr_t pc) { return stack::loaded_code.generation_of(pc); };
  return site_hash(stack::stack_hash(pcs, salt), kind);
}

// The site of all stacks that have none.
ring::SiteRef other_site(const ring::Ledger& ledger) {
  ring::Ledger::add(ledger.lost().site_table_full, 1);
  return {0, ring::site_at(ledger, 0)};
}

ring::SiteRef site_without_stack(const ring::Ledger& ledger) {
  ring::Ledger::add(ledger.lost().no_scratch, 1);
  return {0, ring::site_at(ledger, 0)};
}

// A stored stack that shares as many frames as can be, and has room for another link of its chain.
ring::ParentStack parent_of(const stack::MemoWalk& walk, const ring::Ledger& ledger) {
  constexpr int kTries = 4;
  stack::MemoParent parent = walk.first_parent();
  for (int i = 0; i < kTries && parent.reference != 0; ++i) {
    if (ring::may_be_parent(ledger, parent.reference)) return {parent.reference, parent.frames};
    parent = walk.next_parent(parent);
  }
  return {};
}

// A stack that this recording has not seen; or that a thread makes known just now. hash: of the
// walk, for a site.
ring::SiteRef new_site(const Sample& sample, const stack::MemoWalk& walk, uint64_t hash) {
  StackScratch scratch(sample.time_us);
  if (!scratch.ok()) return site_without_stack(sample.ledger);
  const std::span<uintptr_t> pcs = scratch.pcs().first(walk.count());
  walk.copy_pcs(pcs);
  const uint32_t version = stack::loaded_code.version();
  process::note_modules(sample.ledger, pcs, sample.time_us);
  // A change of modules that nobody saw: neither frames nor hash can be trusted.
  if (!walk.intact() || stack::loaded_code.version() != version) return {0, nullptr};
  const ring::NewStack stack{as_words(pcs), sample.time_us, 0, false,
                             parent_of(walk, sample.ledger)};
  return ring::find_or_make_site(sample.ledger, hash, sample.kind, stack, ring::Fold::kColdest);
}

// Of a stack that the memo has no note of (any more), or whose slot was given to another one
// meanwhile.
ring::SiteRef site_of_walk(const Sample& sample, stack::MemoWalk& walk, uint32_t tag) {
  const uint64_t hash = site_hash(walk.hash(), sample.kind);
  ring::SiteRef site = g_site_hints.find(sample.ledger, sample.recording, hash);
  if (site.site == nullptr) {
    if (g_newcomers.keeps_out(hash)) return other_site(sample.ledger);
    site = ring::find_site(sample.ledger, hash);
    if (site.site != nullptr) g_site_hints.note(sample.recording, hash, site.id);
  }
  if (site.site == nullptr) {
    if (site.id != ring::kVacant && !g_newcomers.admits(sample.ledger, hash))
      return other_site(sample.ledger);
    site = new_site(sample, walk, hash);
    if (site.id != 0) g_site_hints.note(sample.recording, hash, site.id);
  }
  if (site.site == nullptr || !walk.intact()) return {0, nullptr};
  if (site.id != 0) walk.remember({tag, site.id}, site.site->stack);
  return site;
}

ring::SiteRef site_by_full_walk(const Sample& sample) {
  StackScratch scratch(sample.time_us);
  if (!scratch.ok()) return site_without_stack(sample.ledger);
  const stack::WalkResult walked =
      stack::walk(sample.start, scratch.pcs(), t_state.bounds, sample.calls);
  const std::span<const uintptr_t> pcs = scratch.pcs().first(walked.count);
  const uint64_t hash = hash_of(pcs, sample.kind);
  if (g_newcomers.keeps_out(hash)) return other_site(sample.ledger);
  const ring::SiteRef known = ring::find_site(sample.ledger, hash);
  if (known.site != nullptr) return known;
  if (known.id != ring::kVacant && !g_newcomers.admits(sample.ledger, hash))
    return other_site(sample.ledger);
  process::note_modules(sample.ledger, pcs, sample.time_us);
  const ring::NewStack stack{as_words(pcs), sample.time_us, walked.omitted, walked.truncated};
  return ring::find_or_make_site(sample.ledger, hash, sample.kind, stack, ring::Fold::kColdest);
}

[[gnu::noinline]] ring::SiteRef site_without_memo(const Sample& sample) {
  stack::StackMemo* memo = t_state.memo;
  if (memo != nullptr && memo->wants_room()) grow_memo(*memo);
  return site_by_full_walk(sample);
}

}  // namespace

ring::SiteRef look_for_site(const ring::Ledger& ledger, const void* frame, ring::SiteKind kind,
                            uint64_t time_us) {
  const Sample sample{
      ledger, process::g_session.number(), stack::from_frame(frame), calls_of_session(), kind,
      time_us};
  if (stack::StackMemo* memo = this_memo(sample.calls)) [[likely]] {
    stack::MemoWalk walk(*memo, sample.start, t_state.bounds, sample.calls);
    if (walk.ok()) [[likely]] {
      const uint32_t tag = note_tag(kind);
      if (const uint32_t id = walk.note_with(tag).value; id != 0 && walk.intact()) [[likely]] {
        if (ring::Site* site = ring::site_if_same(ledger, id)) [[likely]]
          return {id, site};
      }
      const ring::SiteRef site = site_of_walk(sample, walk, tag);
      if (site.site != nullptr) return site;
    }
  }
  return site_without_memo(sample);
}

}  // namespace dbgtrace::hooks::alloc
