// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/modules.hpp"

#include <link.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>

#include "hooks/os/files.hpp"
#include "hooks/os/maps_reader.hpp"
#include "hooks/os/text.hpp"
#include "hooks/process/object_image.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/loaded_code.hpp"
#include "hooks/stack/object_finder.hpp"
#include "ring/checksum.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr uint32_t kSlots = 4096;
constexpr uint32_t kProbes = 32;

// An object named in the recording. map_start is the key: 0 empty, 1 gone, 2 being filled.
struct Known {
  std::atomic<uintptr_t> map_start{0};
  std::atomic<uintptr_t> map_end{0};
  std::atomic<uintptr_t> eh_frame_hdr{0};
  std::atomic<const void*> identity{nullptr};
  std::atomic<uint32_t> module{0};
};
constexpr uintptr_t kGone = 1, kFilling = 2;
constexpr uint32_t kUnnamed = ~0u;

constinit Known g_known[kSlots];

uint32_t home(uintptr_t map_start) {
  return static_cast<uint32_t>((map_start >> 12) * 0x9e3779b97f4a7c15 >> 52);
}

uint32_t store_string(const ring::Ledger& ledger, std::string_view text) {
  const ring::Section& arena = ledger.section(ring::SectionKind::kStrings);
  const auto size = static_cast<uint32_t>((sizeof(ring::String) + text.size() + 3) & ~size_t{3});
  std::atomic_ref<uint32_t> used(ledger.live().strings_used);
  uint32_t at = used.load(std::memory_order_relaxed), start;
  do {
    start = std::max(at, 4u);  // 0 means none
    if (start > arena.capacity || size > arena.capacity - start) return 0;
  } while (!used.compare_exchange_weak(at, start + size, std::memory_order_relaxed));
  std::byte* place = ledger.bytes(arena.offset_bytes + start, size);
  if (place == nullptr) return 0;
  ring::String header{0, static_cast<uint32_t>(text.size())};
  uint32_t checksum = ring::crc32c(&header.length_bytes, sizeof(header.length_bytes));
  header.checksum = ring::nonzero(ring::crc32c(text.data(), text.size(), checksum));
  std::memcpy(place + sizeof(header), text.data(), text.size());
  std::memcpy(place, &header, sizeof(header));
  return start;
}

// The loader keeps the path of dlopen("./plugin.so") as it was given; a reader elsewhere needs the
// folder, too. The folder of this moment is very likely still that of the load.
std::string_view make_absolute(std::string_view path, os::Text& absolute) {
  if (g_session.sandboxed()) return path;
  char folder[384];
  if (os::raw_syscall(SYS_getcwd, os::as_argument(folder), sizeof(folder)) <= 0) return path;
  absolute.add(folder).add('/').add(
      path.starts_with("./") ? std::string_view(path.data() + 2, path.size() - 2) : path);
  return absolute.cut() ? path : absolute.view();
}

// Where the C library names no objects (before glibc 2.35) the kernel does. Empty: it is asked
// for another object at this moment, or must not be.
class PathFromMaps {
 public:
  explicit PathFromMaps(uintptr_t start) {
    if (g_session.sandboxed()) return;
    const long self = os::process_id();
    long owner =
        reading_pid.load(std::memory_order_relaxed);  // a parent's thread never ends it here
    mine_ = owner != self &&
            reading_pid.compare_exchange_strong(owner, self, std::memory_order_acquire);
    if (!mine_) return;
    os::MapsReader maps(buffer);
    os::Mapping mapping;
    while (maps.next(mapping)) {
      if (start < mapping.start || start >= mapping.end) continue;
      path_ = mapping.is_vdso ? "linux-vdso.so.1" : mapping.path;
      return;
    }
  }
  ~PathFromMaps() {
    if (mine_) reading_pid.store(0, std::memory_order_release);
  }
  PathFromMaps(const PathFromMaps&) = delete;
  PathFromMaps& operator=(const PathFromMaps&) = delete;

  std::string_view path() const { return path_; }

 private:
  static inline constinit std::atomic<long> reading_pid{0};
  static inline constinit char buffer[4096] = {};
  std::string_view path_;
  bool mine_ = false;
};

uint32_t store_path(const ring::Ledger& ledger, const stack::CodeObject& object,
                    const ObjectImage& image) {
  const bool by_loader = object.identity != nullptr &&
                         reinterpret_cast<uintptr_t>(object.identity) != object.map_start;
  if (!by_loader) return store_string(ledger, PathFromMaps(image.start).path());
  std::string_view path;
  const auto* map = static_cast<const link_map*>(object.identity);
  if (map->l_name != nullptr) path = map->l_name;
  if (path.empty()) path = ledger.header().exe;
  char buffer[512];
  os::Text absolute(buffer, sizeof(buffer));
  if (path.starts_with("./") || path.starts_with("../")) path = make_absolute(path, absolute);
  return store_string(ledger, std::string_view(path.data(), std::min<size_t>(path.size(), 4095)));
}

uint32_t store_module(const ring::Ledger& ledger, const stack::CodeObject& object,
                      const ObjectImage& image, uint64_t time_us) {
  std::atomic_ref<uint32_t> used(ledger.live().modules_used);
  if (used.load(std::memory_order_relaxed) >=
      ledger.section(ring::SectionKind::kModules).capacity) {
    ring::Ledger::add(ledger.lost().module_table_full, 1);
    return kUnnamed;
  }
  const uint32_t index = used.fetch_add(1, std::memory_order_relaxed);
  auto* place = ledger.entry<ring::Module>(ring::SectionKind::kModules, index);
  if (place == nullptr) return kUnnamed;
  ring::Module module{};
  module.start = image.start;
  module.end = image.end;
  module.bias = image.bias;
  module.load_us = time_us;
  module.path = store_path(ledger, object, image);
  module.build_id_bytes = read_build_id(image, module.build_id);
  module.checksum = ring::nonzero(ring::crc32c(&module, sizeof(module)));
  std::memcpy(place, &module, sizeof(module));
  return index;
}

bool is_same(const Known& known, const stack::CodeObject& object, const ObjectImage& image) {
  return known.map_end.load(std::memory_order_relaxed) == image.end &&
         known.eh_frame_hdr.load(std::memory_order_relaxed) == object.eh_frame_hdr &&
         known.identity.load(std::memory_order_relaxed) == object.identity;
}

void retire(const ring::Ledger& ledger, Known& known, uintptr_t map_start, uint64_t time_us) {
  if (!known.map_start.compare_exchange_strong(map_start, kGone, std::memory_order_acq_rel)) return;
  const uintptr_t map_end = known.map_end.load(std::memory_order_relaxed);
  const uint32_t module = known.module.load(std::memory_order_relaxed);
  if (auto* place = module == kUnnamed
                        ? nullptr
                        : ledger.entry<ring::Module>(ring::SectionKind::kModules, module)) {
    std::atomic_ref<uint64_t>(place->unload_us)
        .store(std::max<uint64_t>(time_us, 1), std::memory_order_release);
  }
  stack::loaded_code.unloaded(map_start, map_end);
}

void note_object(const ring::Ledger& ledger, const stack::CodeObject& object,
                 const ObjectImage& image, uint64_t time_us) {
  uint32_t slot = home(image.start);
  for (uint32_t probe = 0; probe < kProbes; ++probe, slot = (slot + 1) % kSlots) {
    Known& known = g_known[slot];
    uintptr_t seen = known.map_start.load(std::memory_order_acquire);
    if (seen == image.start) {
      if (is_same(known, object, image)) return;
      // Another object lies there now, its going was not seen.
      retire(ledger, known, seen, time_us);
      seen = known.map_start.load(std::memory_order_acquire);
    }
    // Very likely this object, by another thread; if not, the next stack names it.
    if (seen == kFilling) return;
    if (seen > kFilling) continue;
    if (!known.map_start.compare_exchange_strong(seen, kFilling, std::memory_order_acq_rel)) return;
    known.map_end.store(image.end, std::memory_order_relaxed);
    known.eh_frame_hdr.store(object.eh_frame_hdr, std::memory_order_relaxed);
    known.identity.store(object.identity, std::memory_order_relaxed);
    known.module.store(store_module(ledger, object, image, time_us), std::memory_order_relaxed);
    known.map_start.store(image.start, std::memory_order_release);
    return;
  }
}

}  // namespace

void forget_modules() {
  for (Known& known : g_known) {
    if (known.map_start.load(std::memory_order_relaxed) != 0)
      known.map_start.store(0, std::memory_order_relaxed);
  }
}

void note_modules(const ring::Ledger& ledger, std::span<const uintptr_t> pcs, uint64_t time_us) {
  ObjectImage last;
  for (const uintptr_t pc : pcs) {
    if (pc - 1 >= last.start && pc - 1 < last.end) continue;
    stack::CodeObject object;
    if (!stack::find_object(pc - 1, object)) continue;
    last = image_of(object);
    note_object(ledger, object, last, time_us);
  }
}

void note_unloads(const ring::Ledger& ledger, uint64_t time_us) {
  for (Known& known : g_known) {
    const uintptr_t map_start = known.map_start.load(std::memory_order_acquire);
    if (map_start <= kFilling) continue;
    stack::CodeObject object;
    if (stack::find_object(map_start, object) && is_same(known, object, image_of(object))) continue;
    retire(ledger, known, map_start, time_us);
  }
}

bool same_object(uintptr_t pc, uintptr_t other) {
  stack::CodeObject object;
  return stack::find_object(other, object) && pc >= object.map_start && pc < object.map_end;
}

}  // namespace dbgtrace::hooks::process
