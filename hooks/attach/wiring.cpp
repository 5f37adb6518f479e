// SPDX-License-Identifier: Apache-2.0
#include "hooks/attach/wiring.hpp"

#include "hooks/attach/guarded_memory.hpp"
#include "hooks/attach/module_slots.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/os/signals.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::attach {

constinit std::atomic<uint64_t> g_next_look_us{~uint64_t{0}};

namespace {

constexpr uint32_t kMaxModules = 65536;
constexpr uint32_t kMaxChanges = 65536;
constexpr uint64_t kLookEveryUs = 20'000;
// A module may be found while the loader has yet to write its slots: it is looked at once more.
constexpr uint64_t kSecondLookAfterUs = 1'000'000;

struct Change {
  uintptr_t slot, before, after;
};

constinit ShimTable g_shims;
constinit Change* g_changes = nullptr;
constinit uint32_t g_change_count = 0;
constinit std::atomic<bool> g_busy{false};
constinit uint64_t g_seen = 0;  // which modules stand behind ours in the list
constinit uint64_t g_second_look_us = 0;
constinit Window<4096> g_slots;

struct Pass {
  SlotWriter writer;
  WiringCounts counts;
};

void change(void* context, uintptr_t slot, uintptr_t value, const Shim& shim) {
  auto& pass = *static_cast<Pass*>(context);
  if (g_change_count == kMaxChanges) {
    ++pass.counts.slots_left;
    return;
  }
  g_changes[g_change_count++] = {slot, value, shim.own};
  if (pass.writer.write(slot, shim.own)) {
    ++pass.counts.slots;
  } else {
    --g_change_count;
    ++pass.counts.slots_left;
  }
}

// Calls visit for each module from this entry of the list on. Who unloads may be at it: an entry
// that its neighbour does not point back to ends the walk.
template <typename Visit>
void for_each_module(uintptr_t first, Visit visit) {
  LoadedModule module;
  uintptr_t previous = 0;
  for (uint32_t i = 0; i < kMaxModules && first != 0; ++i) {
    if (!read_module(first, module) || (previous != 0 && module.previous != previous)) return;
    visit(module);
    previous = first;
    first = module.next;
  }
}

void wire_from(uintptr_t first, Pass& pass) {
  const auto own = reinterpret_cast<uintptr_t>(os::own_object());
  for_each_module(first, [&](const LoadedModule& module) {
    if (module.address == own) return;
    ++pass.counts.modules;
    find_slots(module, g_shims, change, &pass);
  });
}

// What identifies the modules that were loaded after this library, which is never unloaded itself.
uint64_t newer_modules() {
  uint64_t sum = 1;
  for_each_module(reinterpret_cast<uintptr_t>(os::own_object()),
                  [&sum](const LoadedModule& module) {
                    sum = (sum ^ module.address) * 0x9e3779b97f4a7c15;
                    sum = (sum ^ module.bias) * 0x9e3779b97f4a7c15;
                    sum = (sum ^ module.dynamic) * 0x9e3779b97f4a7c15;
                  });
  return sum;
}

bool make_room() {
  if (g_changes != nullptr) return true;
  g_changes =
      static_cast<Change*>(os::map_guarded(kMaxChanges * sizeof(Change), PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1));
  return g_changes != nullptr;
}

}  // namespace

WiringCounts wire() {
  Pass pass;
  if (!make_room()) return pass.counts;
  g_shims.resolve();
  wire_from(reinterpret_cast<uintptr_t>(os::first_object()), pass);
  pass.writer.close();
  g_seen = newer_modules();
  g_second_look_us = 0;
  g_busy.store(false, std::memory_order_relaxed);
  g_next_look_us.store(0, std::memory_order_release);
  return pass.counts;
}

// The newest first: a slot of a module that was unloaded may since be one of another module, whose
// own entry is newer.
WiringCounts unwire() {
  Pass pass;
  g_next_look_us.store(~uint64_t{0}, std::memory_order_release);
  g_slots.forget();
  while (g_change_count > 0) {
    const Change& change = g_changes[--g_change_count];
    uintptr_t value = 0;
    if (g_slots.load(change.slot, value) && value == change.after &&
        pass.writer.write(change.slot, change.before)) {
      ++pass.counts.slots;
      g_slots.forget();
    } else {
      ++pass.counts.slots_left;
    }
  }
  return pass.counts;
}

void forget_parent() {
  if (g_next_look_us.load(std::memory_order_relaxed) == ~uint64_t{0}) return;
  g_next_look_us.store(0, std::memory_order_relaxed);
  g_second_look_us = 0;
  g_seen = 0;  // the parent may have been about to lead a module's calls
  g_busy.store(false, std::memory_order_relaxed);
}

void look_for_modules(uint64_t now_us) {
  uint64_t due_us = g_next_look_us.load(std::memory_order_relaxed);
  if (now_us < due_us || process::g_session.sandboxed() ||
      !g_next_look_us.compare_exchange_strong(due_us, now_us + kLookEveryUs,
                                              std::memory_order_relaxed)) {
    return;
  }
  if (g_busy.exchange(true, std::memory_order_acquire)) return;
  // A handler that leaves by siglongjmp would leave a page writable.
  const uint64_t mask = os::change_signal_mask(SIG_SETMASK, ~uint64_t{0});
  const uint64_t newer = newer_modules();
  const bool changed = newer != g_seen;
  if (changed || (g_second_look_us != 0 && now_us >= g_second_look_us)) {
    g_second_look_us = changed ? now_us + kSecondLookAfterUs : 0;
    g_seen = newer;
    stack::refresh_objects(stack::SystemCalls::kAllowed);
    Pass pass;
    wire_from(reinterpret_cast<uintptr_t>(os::own_object()), pass);
  }
  os::change_signal_mask(SIG_SETMASK, mask);
  g_busy.store(false, std::memory_order_release);
}

}  // namespace dbgtrace::hooks::attach
