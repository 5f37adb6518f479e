// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/exception.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint32_t kMaxBases = 16;  // in depth and, together, in breadth

// Where a runtime's header of a thrown object has its parts; the object lies behind it.
struct HeaderLayout {
  uint64_t exception_class;  // its lowest byte is 1 in one that refers to another (exception_ptr)
  uint32_t type_offset;
  uint32_t primary_offset;  // in one that refers to another: of the pointer to the thrown object
  uint32_t class_offset;    // of the unwinder's header
  uint32_t size_bytes;
};
constexpr HeaderLayout kRuntimes[] = {
    {0x474e5543432b2b00 /* GNUCC++ */, 0, 0, 80, 112},   // libstdc++
    {0x434c4e47432b2b00 /* CLNGC++ */, 16, 8, 96, 128},  // libc++abi
};

bool read_header(GuardedReader& reader, uintptr_t header, Exception& exception) {
  for (const HeaderLayout& layout : kRuntimes) {
    uint64_t found = 0;
    if (!reader.load(header + layout.class_offset, found)) continue;
    if ((found & ~uint64_t{1}) != layout.exception_class) continue;
    if ((found & 1) != 0) {
      uintptr_t object = 0;
      if (!reader.load(header + layout.primary_offset, object)) return false;
      header = object - layout.size_bytes;
    }
    exception.object = header + layout.size_bytes;
    return reader.load(header + layout.type_offset, exception.type) && exception.type != 0;
  }
  return false;
}

size_t read_name(GuardedReader& reader, uintptr_t type, std::span<std::byte> to) {
  uintptr_t name = 0;
  if (!reader.load(type + sizeof(uintptr_t), name)) return 0;
  char first = 0;
  // A star: compared by address, no part of the name.
  if (reader.load(name, first) && first == '*') ++name;
  return reader.copy_text(name, to);
}

bool has_name(GuardedReader& reader, uintptr_t type, std::string_view expected) {
  std::byte name[64];
  const size_t size = read_name(reader, type, name);
  return size == expected.size() && std::memcmp(name, expected.data(), size) == 0;
}

// The type of a type_info object: what kind of class it describes.
uintptr_t type_of(GuardedReader& reader, uintptr_t object) {
  uintptr_t table = 0, type = 0;
  if (!reader.load(object, table) || !reader.load(table - sizeof(uintptr_t), type)) return 0;
  return type;
}

// Where in an object of this type the std::logic_error or std::runtime_error lies.
bool find_standard_base(GuardedReader& reader, uintptr_t type, uint32_t& budget,
                        ptrdiff_t& offset) {
  if (budget == 0) return false;
  --budget;
  if (has_name(reader, type, "St13runtime_error") || has_name(reader, type, "St11logic_error")) {
    return true;
  }
  const uintptr_t kind = type_of(reader, type);
  if (kind == 0) return false;
  if (has_name(reader, kind, "N10__cxxabiv120__si_class_type_infoE")) {
    uintptr_t base = 0;
    return reader.load(type + 16, base) && find_standard_base(reader, base, budget, offset);
  }
  if (!has_name(reader, kind, "N10__cxxabiv121__vmi_class_type_infoE")) return false;
  uint32_t count = 0;
  if (!reader.load(type + 20, count)) return false;
  for (uint32_t i = 0; i < count && budget > 0; ++i) {
    struct {
      uintptr_t type;
      long offset_flags;
    } base{};
    if (!reader.load(type + 24 + i * sizeof(base), base)) return false;
    constexpr long kVirtual = 1;
    if ((base.offset_flags & kVirtual) != 0) continue;
    ptrdiff_t inner = 0;
    if (!find_standard_base(reader, base.type, budget, inner)) continue;
    offset = (base.offset_flags >> 8) + inner;
    return true;
  }
  return false;
}

}  // namespace

bool find_uncaught(GuardedReader& reader, Exception& exception) {
  using GetGlobals = const void* (*)();
  const auto get_globals =
      reinterpret_cast<GetGlobals>(os::find_anywhere("__cxa_get_globals_fast"));
  if (get_globals == nullptr) return false;
  const void* globals = get_globals();
  uintptr_t header = 0;
  if (globals == nullptr || !reader.load(reinterpret_cast<uintptr_t>(globals), header))
    return false;
  return header != 0 && read_header(reader, header, exception);
}

size_t read_type_name(GuardedReader& reader, const Exception& exception, std::span<std::byte> to) {
  return read_name(reader, exception.type, to);
}

size_t read_what(GuardedReader& reader, const Exception& exception, std::span<std::byte> to) {
  uintptr_t text = 0;
  if (has_name(reader, exception.type, "PKc") || has_name(reader, exception.type, "Pc")) {
    return reader.load(exception.object, text) ? reader.copy_text(text, to) : 0;
  }
  if (has_name(reader, exception.type, "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE")) {
    size_t size = 0;
    if (!reader.load(exception.object, text) || !reader.load(exception.object + 8, size)) return 0;
    return reader.copy(text, to.first(std::min(size, to.size())));
  }
  uint32_t budget = kMaxBases;
  ptrdiff_t offset = 0;
  if (!find_standard_base(reader, exception.type, budget, offset)) return 0;
  const uintptr_t base = exception.object + static_cast<uintptr_t>(offset);
  return reader.load(base + sizeof(uintptr_t), text) ? reader.copy_text(text, to) : 0;
}

}  // namespace dbgtrace::hooks::crash
