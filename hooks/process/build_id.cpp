// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/build_id.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace dbgtrace::hooks::process {
namespace {

uint32_t find_in_notes(uintptr_t at, uintptr_t end, uint8_t (&build_id)[32]) {
  while (end - at >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, reinterpret_cast<const void*>(at), sizeof(note));
    const uintptr_t name = at + sizeof(note);
    const uintptr_t descriptor = name + ((uintptr_t{note.n_namesz} + 3) & ~uintptr_t{3});
    const uintptr_t next = descriptor + ((uintptr_t{note.n_descsz} + 3) & ~uintptr_t{3});
    if (next > end || next <= at) return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(reinterpret_cast<const void*>(name), "GNU", 4) == 0) {
      const uint32_t size = std::min<uint32_t>(note.n_descsz, sizeof(build_id));
      std::memcpy(build_id, reinterpret_cast<const void*>(descriptor), size);
      return size;
    }
    at = next;
  }
  return 0;
}

}  // namespace

uint32_t read_build_id(uintptr_t map_start, uintptr_t map_end, uintptr_t bias, uint8_t (&build_id)[32]) {
  const auto* elf = reinterpret_cast<const ElfW(Ehdr)*>(map_start);
  if (map_end - map_start < sizeof(*elf) || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return 0;
  if (elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phoff > 4096 - sizeof(ElfW(Phdr))) return 0;
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(map_start + elf->e_phoff);
  const size_t count = std::min<size_t>(elf->e_phnum, (4096 - elf->e_phoff) / sizeof(ElfW(Phdr)));
  for (size_t i = 0; i < count; ++i) {
    if (headers[i].p_type != PT_NOTE) continue;
    const uintptr_t start = bias + headers[i].p_vaddr;
    const uintptr_t end = start + headers[i].p_memsz;
    if (start < map_start || end > map_end || end < start) continue;
    if (const uint32_t size = find_in_notes(start, end, build_id)) return size;
  }
  return 0;
}

}  // namespace dbgtrace::hooks::process
