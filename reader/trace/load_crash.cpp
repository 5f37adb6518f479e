// SPDX-License-Identifier: Apache-2.0
// The black box to the model. Parts come in any number and order; what a part refers to is looked
// up in the ledger, which is loaded before. Memory is bounded by the section's size, whatever a
// compressed part claims to hold.
#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>

#include "reader/trace/load_parts.hpp"
#include "ring/black_box_view.hpp"
#include "ring/header_view.hpp"
#include "ring/ledger_view.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::SectionKind;

class CrashLoader {
 public:
  CrashLoader(std::span<const std::byte> file, Trace& trace, DamageLog& damages)
      : section_(ring::section_bytes(file, trace.header, SectionKind::kBlackBox)),
        stacks_(ring::section_bytes(file, trace.header, SectionKind::kStacks)),
        offset_bytes_(ring::section_of(trace.header, SectionKind::kBlackBox).offset_bytes),
        trace_(trace),
        box_(trace.black_box),
        damages_(damages),
        buffer_(std::make_unique<std::byte[]>(ring::kMaxPartBytes)) {}

  void run();

 private:
  // Texts of /proc shrink about 10 times; a made-up part of equal bytes shrinks 250 times.
  static constexpr uint64_t kMaxRatio = 16;

  void load_head(const ring::BlackBox& head, bool whole);
  void load_parts();
  void load_part(const ring::PartView& part, std::span<const std::byte> content);
  void load_memory(const ring::PartView& part, std::span<const std::byte> content);
  void load_stack(uint32_t tid, std::span<const std::byte> content);
  void load_thread(std::span<const std::byte> content);
  void load_pointer(const ring::HeapPointer& stored);
  uint32_t stack_at(uint32_t reference);
  uint32_t known_thread(uint32_t index) const { return index < trace_.threads.size() ? index : 0; }
  CrashThread& thread(uint32_t tid);

  std::span<const std::byte> section_;
  std::span<const std::byte> stacks_;
  uint64_t offset_bytes_;
  Trace& trace_;
  BlackBox& box_;
  DamageLog& damages_;
  std::unique_ptr<std::byte[]> buffer_;
  std::unordered_map<uint32_t, uint32_t> site_index_;   // of a slot
  std::unordered_map<uint32_t, uint32_t> stack_index_;  // of a reference
  std::unordered_map<uint32_t, size_t> thread_index_;   // of a tid
};

void CrashLoader::run() {
  ring::BlackBox head;
  if (section_.empty()) return;
  const ring::BlackBoxReport report = ring::read_black_box(section_, trace_.header.salt, head);
  if (report.problem != nullptr) damages_.add(offset_bytes_, 0, report.problem);
  if (!report.present) return;
  box_.present = true;
  load_head(head, report.crash_whole);
  load_parts();
  if (!box_.crash) return;
  const auto by_address = [](const CapturedMemory& a, const CapturedMemory& b) {
    return a.address < b.address;
  };
  std::stable_sort(box_.crash->memory.begin(), box_.crash->memory.end(), by_address);
}

void CrashLoader::load_head(const ring::BlackBox& head, bool whole) {
  for (const ring::HandledFault& fault : head.handled) {
    if (fault.signal != 0 && fault.count != 0) box_.handled.push_back(fault);
  }
  for (const ring::MinorCrash& minor : head.minor) {
    if (minor.tid != 0) box_.minor.push_back(minor);
  }
  box_.minor_lost = head.minor_used - std::min(head.minor_used, ring::kMinorCrashes);
  box_.vfork_crashes = head.vfork_crashes;
  if (head.crash.tid == 0) return;
  Crash& crash = box_.crash.emplace();
  crash.head = head.crash;
  crash.head.time_us = std::min(head.crash.time_us, ring::kTimeMask);
  crash.head_whole = whole;
  crash.stack.time_us = crash.head.time_us;
  crash.finished = static_cast<ring::CrashStep>(head.finished);
  crash.failed_steps = head.failed_steps;
  crash.faults_inside = head.faults_inside;
  crash.parts_lost = head.parts_lost;
  crash.threads_seen = head.threads_seen;
  crash.threads_silent = head.threads_silent;
  for (uint32_t i = 0; i < trace_.sites.size(); ++i) site_index_[trace_.sites[i].id] = i;
}

void CrashLoader::load_parts() {
  DamageCount broken(damages_, "parts of the black box that can't be decompressed");
  ring::PartScanner scanner(section_, trace_.header.salt);
  uint64_t left_bytes = kMaxRatio * section_.size();
  for (ring::PartView part; scanner.next(part);) {
    const bool wanted =
        part.record == 0 || (box_.crash && ring::belongs_to(part, box_.crash->head));
    if (!wanted) continue;
    if (part.raw_bytes > left_bytes) {
      damages_.add(offset_bytes_ + part.offset_bytes, 0,
                   "more in the black box than one of this size can hold: the rest is left out");
      break;
    }
    left_bytes -= part.raw_bytes;
    if (!ring::unpack(part, {buffer_.get(), ring::kMaxPartBytes})) {
      broken.add(offset_bytes_ + part.offset_bytes, part.stored.size());
      continue;
    }
    load_part(part, {buffer_.get(), part.raw_bytes});
  }
  if (scanner.damaged_parts() != 0) {
    damages_.add(offset_bytes_, 0,
                 fmt::format("{} parts of the black box whose checksum does not fit",
                             scanner.damaged_parts()));
  }
}

// Calls use(entry) for each whole entry.
template <typename Entry, typename Use>
void for_each(std::span<const std::byte> content, Use use) {
  for (size_t at = 0; at + sizeof(Entry) <= content.size(); at += sizeof(Entry)) {
    Entry entry;
    std::memcpy(&entry, content.data() + at, sizeof(Entry));
    use(entry);
  }
}

void CrashLoader::load_part(const ring::PartView& part, std::span<const std::byte> content) {
  if (part.kind == ring::PartKind::kText) {
    box_.texts[static_cast<ring::TextKind>(part.subject)].append(
        reinterpret_cast<const char*>(content.data()), content.size());
    return;
  }
  if (!box_.crash) return;
  Crash& crash = *box_.crash;
  switch (part.kind) {
    case ring::PartKind::kText:
      break;
    case ring::PartKind::kMemory:
      load_memory(part, content);
      break;
    case ring::PartKind::kStack:
      load_stack(part.subject, content);
      break;
    case ring::PartKind::kThread:
      load_thread(content);
      break;
    case ring::PartKind::kHeapPointers:
      for_each<ring::HeapPointer>(content, [this](const auto& stored) { load_pointer(stored); });
      break;
    case ring::PartKind::kChunk:
      for_each<ring::MallocChunk>(content,
                                  [&](const auto& chunk) { crash.chunks.push_back(chunk); });
      break;
    case ring::PartKind::kFloatingPoint: {
      auto& place = part.subject == crash.head.tid ? crash.floating_point
                                                   : thread(part.subject).floating_point;
      place.assign(content.begin(), content.end());
      break;
    }
  }
}

void CrashLoader::load_memory(const ring::PartView& part, std::span<const std::byte> content) {
  if (part.address > UINT64_MAX - content.size()) return;
  box_.crash->memory.push_back({part.address, {content.begin(), content.end()}, part.subject});
}

void CrashLoader::load_stack(uint32_t tid, std::span<const std::byte> content) {
  ring::CrashStack stored;
  if (content.size() < sizeof(stored)) return;
  std::memcpy(&stored, content.data(), sizeof(stored));
  const size_t stored_frames = (content.size() - sizeof(stored)) / sizeof(uint64_t);
  const size_t count = std::min<size_t>({stored.frame_count, stored_frames, ring::kMaxFrames});
  Stack stack;
  stack.pcs.resize(count);
  if (count != 0) std::memcpy(stack.pcs.data(), content.data() + sizeof(stored), count * 8);
  stack.time_us = box_.crash->head.time_us;
  stack.omitted_frames = stored.omitted_frames;
  stack.truncated = stored.end != static_cast<uint32_t>(ring::StackEnd::kOutermost);
  stack.exact_leaf = (stored.flags & ring::kStackLeafExact) != 0;
  stack.interrupted = stored.interrupted < count ? stored.interrupted : kNoFrame;
  if (tid != box_.crash->head.tid) {
    thread(tid).stack = std::move(stack);
    return;
  }
  box_.crash->stack = std::move(stack);
  box_.crash->stack_end = static_cast<ring::StackEnd>(stored.end);
  box_.crash->from_call_site = (stored.flags & ring::kStackFromCallSite) != 0;
}

// The parts of a thread come in any order.
CrashThread& CrashLoader::thread(uint32_t tid) {
  auto& threads = box_.crash->threads;
  const auto [known, is_new] = thread_index_.try_emplace(tid, threads.size());
  if (is_new) threads.emplace_back().tid = tid;
  return threads[known->second];
}

void CrashLoader::load_thread(std::span<const std::byte> content) {
  ring::CrashThread stored;
  if (content.size() < sizeof(stored)) return;
  std::memcpy(&stored, content.data(), sizeof(stored));
  if (stored.tid == box_.crash->head.tid) return;
  CrashThread& loaded = thread(stored.tid);
  loaded.name.assign(stored.name, strnlen(stored.name, sizeof(stored.name)));
  loaded.source = static_cast<ring::ThreadSource>(stored.source);
  loaded.sample_us = std::min(stored.sample_us, ring::kTimeMask);
  loaded.registers.assign(stored.registers,
                          stored.registers + std::min(stored.register_count, ring::kMaxRegisters));
  loaded.state = stored.state < 0x7f ? static_cast<char>(stored.state) : '\0';
  if (stored.system_call != UINT64_MAX) loaded.system_call = stored.system_call;
  loaded.blocked_signals = stored.blocked_signals;
}

void CrashLoader::load_pointer(const ring::HeapPointer& stored) {
  HeapPointer pointer;
  pointer.value = stored.value;
  pointer.from = static_cast<ring::PointerFrom>(stored.from);
  pointer.index = stored.index;
  pointer.freed = stored.state == static_cast<uint16_t>(ring::PointeeState::kFreed);
  pointer.block_address = stored.block_address;
  pointer.block_bytes = stored.block_bytes;
  pointer.birth_us = std::min(stored.birth_us, ring::kTimeMask);
  pointer.free_us = std::min(stored.free_us, ring::kTimeMask);
  const auto site = site_index_.find(stored.birth_site);
  pointer.birth_site = site == site_index_.end() ? 0 : site->second;
  pointer.free_stack = stack_at(stored.free_stack);
  pointer.birth_thread = known_thread(stored.birth_thread);
  pointer.free_thread = known_thread(stored.free_thread);
  box_.crash->pointers.push_back(pointer);
}

uint32_t CrashLoader::stack_at(uint32_t reference) {
  constexpr size_t kMostStacks = 4096;
  if (reference == 0) return 0;
  const auto known = stack_index_.find(reference);
  if (known != stack_index_.end()) return known->second;
  if (stack_index_.size() >= kMostStacks) return 0;
  const uint32_t index = trace_.stacks.add(stacks_, reference).index;
  stack_index_[reference] = index;
  return index;
}

}  // namespace

void load_crash(std::span<const std::byte> file, Trace& trace, DamageLog& damages) {
  CrashLoader(file, trace, damages).run();
}

}  // namespace dbgtrace::reader::trace
