// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/loaded_modules.hpp"

#include "hooks/os/link_map.hpp"
#include "hooks/process/modules.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint32_t kMaxObjects = 4096;

// An address inside the object that the loader's index can be asked for.
uintptr_t inside(const link_map& object) { return reinterpret_cast<uintptr_t>(object.l_ld) + 1; }

}  // namespace

void keep_modules(Scene& scene) {
  auto at = reinterpret_cast<uintptr_t>(os::first_object());
  for (uint32_t i = 0; i < kMaxObjects && at != 0; ++i) {
    link_map object;
    if (!scene.reader.load(at, object)) return;
    const uintptr_t address = inside(object);
    process::note_modules(*scene.ledger, std::span(&address, 1), scene.time_us);
    at = reinterpret_cast<uintptr_t>(object.l_next);
  }
}

}  // namespace dbgtrace::hooks::crash
