// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/module_list.hpp"

#include <elf.h>
#include <sys/syscall.h>

#include <cstring>

#include "hooks/os/maps_reader.hpp"
#include "hooks/os/raw_syscall.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::stack {
namespace {

constinit char maps_buffer[4096];  // used only by the one thread that refreshes

// An ELF image whose header was seen, until the mappings that follow prove that it was loaded by
// its program headers. A file that was merely mapped as data has no executable part.
struct Candidate {
  Module module;
  bool executable = false;
  bool hdr_readable = false;

  bool proven() const { return executable && hdr_readable; }

  void add(const os::Mapping& mapping) {
    if (mapping.start >= module.map_end) return;
    if (mapping.executable) executable = true;
    if (mapping.readable && module.eh_frame_hdr >= mapping.start &&
        module.eh_frame_hdr < mapping.end) {
      hdr_readable = true;
    }
  }
};

bool read_program_headers(const os::Mapping& mapping, Module& module) {
  const uintptr_t size = mapping.end - mapping.start;
  if (size < sizeof(Elf64_Ehdr) || !readable(mapping.start)) return false;
  Elf64_Ehdr header;
  std::memcpy(&header, reinterpret_cast<const void*>(mapping.start), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > kPageBytes ||
      header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) > kPageBytes) {
    return false;
  }
  uint64_t first = UINT64_MAX;
  uint64_t last = 0;
  uint64_t hdr = 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment,
                reinterpret_cast<const void*>(mapping.start + header.e_phoff + i * sizeof segment),
                sizeof segment);
    if (segment.p_type == PT_LOAD) {
      if (first == UINT64_MAX) first = page_of(segment.p_vaddr);
      if (segment.p_vaddr + segment.p_memsz > last) last = segment.p_vaddr + segment.p_memsz;
    } else if (segment.p_type == PT_GNU_EH_FRAME) {
      hdr = segment.p_vaddr;
    }
  }
  if (first >= last || hdr < first || hdr >= last) return false;
  module = {mapping.start, mapping.start + (last - first), mapping.start + (hdr - first)};
  return module.map_end > module.map_start;
}

}  // namespace

bool ModuleList::find(uintptr_t pc, Module& module) const {
  const Buffer& buffer = buffers_[active_.load(std::memory_order_acquire)];
  const uint32_t sequence = buffer.sequence.load(std::memory_order_acquire);
  if ((sequence & 1) != 0) return false;
  size_t low = 0;
  size_t high = buffer.count.load(std::memory_order_relaxed);
  while (low < high) {  // the first entry above the pc
    const size_t middle = (low + high) / 2;
    if (buffer.entries[middle].map_start.load(std::memory_order_relaxed) <= pc) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return false;
  const Entry& entry = buffer.entries[low - 1];
  const Module found{entry.map_start.load(std::memory_order_relaxed),
                     entry.map_end.load(std::memory_order_relaxed),
                     entry.eh_frame_hdr.load(std::memory_order_relaxed)};
  std::atomic_thread_fence(std::memory_order_acquire);
  if (buffer.sequence.load(std::memory_order_relaxed) != sequence) return false;
  if (pc < found.map_start || pc >= found.map_end) return false;
  module = found;
  return true;
}

size_t ModuleList::size() const {
  return buffers_[active_.load(std::memory_order_acquire)].count.load(std::memory_order_relaxed);
}

bool ModuleList::refresh() {
  const long self = os::raw_syscall(SYS_getpid);
  long owner = refreshing_pid_.load(std::memory_order_relaxed);
  if (owner == self ||
      !refreshing_pid_.compare_exchange_strong(owner, self, std::memory_order_acquire)) {
    return false;
  }
  const uint32_t spare = 1 - active_.load(std::memory_order_relaxed);
  Buffer& buffer = buffers_[spare];
  const uint32_t before = buffer.sequence.load(std::memory_order_relaxed);
  buffer.sequence.store(before | 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  const bool filled = fill(buffer);
  buffer.sequence.store((before | 1) + 1, std::memory_order_release);
  if (filled) active_.store(spare, std::memory_order_release);
  refreshing_pid_.store(0, std::memory_order_release);
  return filled;
}

bool ModuleList::fill(Buffer& buffer) {
  os::MapsReader maps(maps_buffer);
  if (!maps.is_open()) return false;
  size_t count = 0;
  const auto keep = [&](const Candidate& candidate) {
    if (!candidate.proven() || count == kCapacity) return;
    Entry& entry = buffer.entries[count++];
    entry.map_start.store(candidate.module.map_start, std::memory_order_relaxed);
    entry.map_end.store(candidate.module.map_end, std::memory_order_relaxed);
    entry.eh_frame_hdr.store(candidate.module.eh_frame_hdr, std::memory_order_relaxed);
  };
  Candidate candidate;
  os::Mapping mapping;
  while (maps.next(mapping)) {
    Module module;
    if (mapping.offset == 0 && mapping.readable && (mapping.is_file || mapping.is_vdso) &&
        read_program_headers(mapping, module)) {
      keep(candidate);
      candidate = {module, false, false};
    }
    candidate.add(mapping);
  }
  keep(candidate);
  buffer.count.store(static_cast<uint32_t>(count), std::memory_order_relaxed);
  return true;
}

}  // namespace dbgtrace::hooks::stack
