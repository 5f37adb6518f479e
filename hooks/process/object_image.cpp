// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/object_image.hpp"

#include <elf.h>
#include <sys/auxv.h>

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
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(reinterpret_cast<const void*>(name), "GNU", 4) == 0) {
      const uint32_t size = std::min<uint32_t>(note.n_descsz, sizeof(build_id));
      std::memcpy(build_id, reinterpret_cast<const void*>(descriptor), size);
      return size;
    }
    at = next;
  }
  return 0;
}

// The program headers behind an ELF header that lies whole in the first page.
bool headers_at(uintptr_t address, uintptr_t end, ObjectImage& image) {
  const auto* elf = reinterpret_cast<const ElfW(Ehdr)*>(address);
  if (end - address < sizeof(*elf) || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return false;
  if (elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phoff > 4096 - sizeof(ElfW(Phdr)))
    return false;
  image.headers = reinterpret_cast<const ElfW(Phdr)*>(address + elf->e_phoff);
  image.header_count = static_cast<uint32_t>(
      std::min<size_t>(elf->e_phnum, (4096 - elf->e_phoff) / sizeof(ElfW(Phdr))));
  return image.header_count != 0;
}

}  // namespace

ObjectImage image_of(const stack::CodeObject& object) {
  ObjectImage image;
  image.start = object.map_start;
  image.end = object.map_end;
  image.bias = object.map_start;
  const bool by_loader = object.identity != nullptr &&
                         reinterpret_cast<uintptr_t>(object.identity) != object.map_start;
  const auto* map = static_cast<const link_map*>(object.identity);
  if (by_loader) {
    image.bias = map->l_addr;
    // The executable: the kernel says where its headers are.
    if (map->l_name == nullptr || map->l_name[0] == '\0') {
      image.headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
      image.header_count = static_cast<uint32_t>(getauxval(AT_PHNUM));
    }
  }
  if (image.headers == nullptr && !headers_at(object.map_start, object.map_end, image))
    return image;
  uintptr_t low = ~uintptr_t{0}, high = 0;
  for (uint32_t i = 0; i < image.header_count; ++i) {
    if (image.headers[i].p_type != PT_LOAD) continue;
    low = std::min<uintptr_t>(low, image.headers[i].p_vaddr & ~uintptr_t{4095});
    high = std::max<uintptr_t>(high, image.headers[i].p_vaddr + image.headers[i].p_memsz);
  }
  if (high == 0) return image;
  if (!by_loader) image.bias = object.map_start - low;
  image.start = image.bias + low;
  image.end = (image.bias + high + 4095) & ~uintptr_t{4095};
  return image;
}

uint32_t read_build_id(const ObjectImage& image, uint8_t (&build_id)[32]) {
  for (uint32_t i = 0; image.headers != nullptr && i < image.header_count; ++i) {
    if (image.headers[i].p_type != PT_NOTE) continue;
    const uintptr_t start = image.bias + image.headers[i].p_vaddr;
    const uintptr_t end = start + image.headers[i].p_memsz;
    if (start < image.start || end > image.end || end < start) continue;
    if (const uint32_t size = find_in_notes(start, end, build_id)) return size;
  }
  return 0;
}

}  // namespace dbgtrace::hooks::process
