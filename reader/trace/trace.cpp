// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

const Module* module_at(const Trace& trace, uint64_t pc, uint64_t time_us) {
  const Module* best = nullptr;
  for (const Module& module : trace.modules) {
    if (pc < module.start || pc >= module.end) continue;
    if (module.unload_us != 0 && module.unload_us <= time_us) continue;
    // The newest that was there; else the first to come: a module is stored by the first stack that
    // touches it, and another thread's stack may bear an earlier time.
    const bool there = module.load_us <= time_us;
    const bool best_there = best != nullptr && best->load_us <= time_us;
    if (best == nullptr || (there && (!best_there || module.load_us > best->load_us)) ||
        (!there && !best_there && module.load_us < best->load_us)) {
      best = &module;
    }
  }
  return best;
}

}  // namespace dbgtrace::reader::trace
