// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/core_contents.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>

#include "reader/analysis/loader_image.hpp"
#include "reader/analysis/recording_info.hpp"
#include "reader/symbols/elf_layout.hpp"

namespace dbgtrace::reader::analysis {
namespace {

uint64_t value_at(const std::vector<uint64_t>& registers, size_t index) {
  return index < registers.size() ? registers[index] : 0;
}

// user_regs_struct: r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs
// eflags rsp ss fs_base gs_base ds es fs gs.
std::vector<uint64_t> x86_registers(const std::vector<uint64_t>& from) {
  constexpr size_t kGeneral[] = {15, 14, 13, 12, 6, 1, 11, 10, 9, 8, 0, 2, 3, 4, 5};
  std::vector<uint64_t> to;
  for (const size_t index : kGeneral) to.push_back(value_at(from, index));
  const uint64_t segments = value_at(from, ring::kX86Segments);
  const auto segment = [segments](unsigned n) { return segments >> (16 * n) & 0xffff; };
  to.push_back(UINT64_MAX);  // no system call is to be restarted
  to.push_back(value_at(from, ring::kX86Rip));
  to.push_back(segment(0));
  to.push_back(value_at(from, ring::kX86Flags));
  to.push_back(value_at(from, ring::kX86Rsp));
  to.push_back(segment(3));
  to.push_back(value_at(from, ring::kX86FsBase));
  to.insert(to.end(), {0, 0, 0, segment(2), segment(1)});
  return to;
}

std::vector<uint64_t> arm_registers(const std::vector<uint64_t>& from) {
  std::vector<uint64_t> to(ring::kAarch64Pstate + 1);
  for (size_t i = 0; i < to.size(); ++i) to[i] = value_at(from, i);
  return to;
}

// The kernel's signal frame has the status words of aarch64 in front, a core has them behind.
std::vector<std::byte> floating_point(ring::Arch arch, const std::vector<std::byte>& from) {
  constexpr size_t kX86Bytes = 512, kArmBytes = 528, kHead = 8, kStatus = 8;
  if (arch != ring::Arch::kAarch64) {
    std::vector<std::byte> to = from;
    to.resize(kX86Bytes);
    return to;
  }
  std::vector<std::byte> to(kArmBytes);
  if (from.size() < kArmBytes) return to;
  std::memcpy(to.data(), from.data() + kHead + kStatus, kX86Bytes);
  std::memcpy(to.data() + kX86Bytes, from.data() + kHead, kStatus);
  return to;
}

CoreThread thread_of(ring::Arch arch, uint32_t tid, const std::vector<uint64_t>& registers,
                     const std::vector<std::byte>& floats, uint64_t blocked_signals) {
  CoreThread thread;
  thread.tid = tid;
  thread.blocked_signals = blocked_signals;
  thread.registers =
      arch == ring::Arch::kAarch64 ? arm_registers(registers) : x86_registers(registers);
  thread.floating_point = floating_point(arch, floats);
  return thread;
}

void add_threads(const trace::Crash& crash, CoreContents& core) {
  const ring::CrashHead& head = crash.head;
  const std::vector<uint64_t> registers(head.registers, head.registers + head.register_count);
  core.threads.push_back(
      thread_of(core.arch, head.tid, registers, crash.floating_point, head.blocked_signals));
  core.threads.front().signal = head.signal;
  for (const trace::CrashThread& thread : crash.threads) {
    core.threads.push_back(thread_of(core.arch, thread.tid, thread.registers, thread.floating_point,
                                     thread.blocked_signals));
  }
}

std::vector<uint64_t> recorded_auxiliary(const std::string& bytes) {
  std::vector<uint64_t> words;
  for (size_t at = 0; at + 16 <= bytes.size(); at += 16) {
    uint64_t pair[2];
    std::memcpy(pair, bytes.data() + at, sizeof(pair));
    if (pair[0] == AT_NULL) break;
    words.insert(words.end(), pair, pair + 2);
  }
  return words;
}

// Modules stand in where the map was not recorded.
std::vector<Mapping> mapped_files(const trace::Trace& trace, const MemoryMap& map) {
  std::vector<Mapping> files;
  for (const Mapping& mapping : map.all()) {
    if (mapping.is_file()) files.push_back(mapping);
  }
  if (!map.empty()) return files;
  for (const trace::Module& module : trace.modules) {
    if (module.unload_us != 0 || module.end <= module.start || !module.path.starts_with('/'))
      continue;
    Mapping mapping;
    mapping.start = module.start;
    mapping.end = module.end;
    mapping.path = module.path;
    files.push_back(mapping);
  }
  return files;
}

void add_memory(const trace::Crash& crash, const MemoryMap& map, std::vector<CoreSegment>& pieces) {
  // The stack first: it is in one piece, and of one moment.
  constexpr auto kStack = static_cast<uint32_t>(ring::MemoryOf::kStackOfThread);
  for (const bool stack : {true, false}) {
    for (const trace::CapturedMemory& memory : crash.memory) {
      if ((memory.reason == kStack) != stack || memory.bytes.empty()) continue;
      const Mapping* mapping = map.at(memory.address);
      CoreSegment piece;
      piece.address = memory.address;
      piece.bytes = memory.bytes;
      piece.writable = mapping == nullptr ? stack : mapping->writable;
      piece.executable = mapping != nullptr && mapping->executable;
      pieces.push_back(std::move(piece));
    }
  }
}

}  // namespace

std::vector<CoreSegment> merge_segments(std::vector<CoreSegment> pieces) {
  // By address, and no vector: a black box may hold a hundred thousand pieces in any order.
  std::map<uint64_t, CoreSegment> merged;
  for (CoreSegment& piece : pieces) {
    // What lies between the segments that are there already.
    uint64_t at = piece.address;
    const uint64_t end = piece.end();
    std::vector<CoreSegment> fresh;
    auto next = merged.upper_bound(at);
    if (next != merged.begin() && std::prev(next)->second.end() > at) --next;
    for (; at < end; ++next) {
      const uint64_t stop = next == merged.end() ? end : std::min(end, next->first);
      if (at < stop) {
        CoreSegment part;
        part.address = at;
        part.writable = piece.writable;
        part.executable = piece.executable;
        const auto from = piece.bytes.begin() + static_cast<ptrdiff_t>(at - piece.address);
        part.bytes.assign(from, from + static_cast<ptrdiff_t>(stop - at));
        fresh.push_back(std::move(part));
      }
      if (next == merged.end()) break;
      at = std::max(at, next->second.end());
    }
    for (CoreSegment& part : fresh) merged.emplace(part.address, std::move(part));
  }
  std::vector<CoreSegment> in_order;
  in_order.reserve(merged.size());
  for (auto& [address, segment] : merged) in_order.push_back(std::move(segment));
  return in_order;
}

std::optional<CoreContents> core_contents(const trace::Trace& trace,
                                          const symbols::SearchPaths& search) {
  if (!trace.black_box.crash) return std::nullopt;
  const trace::Crash& crash = *trace.black_box.crash;
  const MemoryMap map(trace.black_box.text(ring::TextKind::kMaps));
  CoreContents core;
  core.arch = static_cast<ring::Arch>(trace.header.arch);
  if (trace.header.page_bytes != 0) core.page_bytes = trace.header.page_bytes;
  core.pid = crash.head.pid != 0 ? crash.head.pid : trace.header.pid;
  core.parent_pid = trace.header.parent_pid;
  core.uid = trace.header.uid;
  const std::string exe = trace.header.exe;
  core.name = exe.substr(exe.rfind('/') + 1);
  for (const std::string& word : command_line(trace.header)) {
    core.arguments += (core.arguments.empty() ? "" : " ") + word;
  }
  add_threads(crash, core);
  const auto* siginfo = reinterpret_cast<const std::byte*>(crash.head.siginfo);
  core.siginfo.assign(siginfo, siginfo + sizeof(crash.head.siginfo));
  core.files = mapped_files(trace, map);
  const LoaderImage loader = loader_image(trace, map, [&search](const trace::Module& module) {
    return symbols::elf_layout({module.path, module.build_id}, search);
  });
  core.auxiliary = recorded_auxiliary(trace.black_box.text(ring::TextKind::kAuxv));
  if (core.auxiliary.empty()) core.auxiliary = loader.auxiliary;
  std::vector<CoreSegment> pieces = loader.segments;
  add_memory(crash, map, pieces);
  core.segments = merge_segments(std::move(pieces));
  return core;
}

}  // namespace dbgtrace::reader::analysis
