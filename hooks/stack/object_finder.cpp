// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/object_finder.hpp"

#include <atomic>

#include "hooks/stack/module_list.hpp"

namespace dbgtrace::hooks::stack {
namespace {

// struct dl_find_object of <dlfcn.h>, spelled out because older headers lack it. Both 64-bit
// targets leave out the optional members.
struct DlFindObjectResult {
  unsigned long long flags;
  void* map_start;
  void* map_end;
  void* link_map;
  void* eh_frame_hdr;
  unsigned long long reserved[7];
};
using DlFindObject = int (*)(void* address, DlFindObjectResult* result);

constinit std::atomic<DlFindObject> loader_index{nullptr};
constinit ModuleList modules;

}  // namespace

void set_dl_find_object(void* function) {
  loader_index.store(reinterpret_cast<DlFindObject>(function), std::memory_order_release);
}

bool find_object(uintptr_t pc, CodeObject& object) {
  if (DlFindObject index = loader_index.load(std::memory_order_acquire)) {
    DlFindObjectResult found;
    if (index(reinterpret_cast<void*>(pc), &found) != 0) return false;
    object = {.map_start = reinterpret_cast<uintptr_t>(found.map_start),
              .map_end = reinterpret_cast<uintptr_t>(found.map_end),
              .cfi_start = reinterpret_cast<uintptr_t>(found.map_start),
              .cfi_end = reinterpret_cast<uintptr_t>(found.map_end),
              .eh_frame_hdr = reinterpret_cast<uintptr_t>(found.eh_frame_hdr),
              .identity = found.link_map};
    if (object.eh_frame_hdr - object.map_start >= object.map_end - object.map_start) {
      if (index(found.eh_frame_hdr, &found) != 0) found = {};
      object.cfi_start = reinterpret_cast<uintptr_t>(found.map_start);
      object.cfi_end = reinterpret_cast<uintptr_t>(found.map_end);
    }
    return true;
  }
  Module module;
  if (!modules.find(pc, module)) return false;
  object = {.map_start = module.map_start,
            .map_end = module.map_end,
            .cfi_start = module.map_start,
            .cfi_end = module.map_end,
            .eh_frame_hdr = module.eh_frame_hdr,
            .identity = reinterpret_cast<const void*>(module.map_start)};
  return true;
}

bool refresh_objects(SystemCalls calls) {
  if (loader_index.load(std::memory_order_acquire) != nullptr) return true;
  return calls == SystemCalls::kAllowed && modules.refresh();
}

}  // namespace dbgtrace::hooks::stack
