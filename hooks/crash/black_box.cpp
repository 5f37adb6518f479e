// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/black_box.hpp"

#include "hooks/crash/cgroup_memory.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using process::g_session;

constinit ring::BlackBoxWriter g_writer;
alignas(16) constinit std::byte g_scratch[ring::kBlackBoxScratchBytes] = {};
alignas(16) constinit std::byte g_stage[ring::kMaxPartBytes] = {};

}  // namespace

void begin_black_box() {
  g_writer.stop();
  if (!g_session.options().crash ||
      !g_writer.start(g_session.ledger(), g_session.salt(), g_scratch)) {
    return;
  }
  if (g_session.sandboxed()) return;
  os::Text cgroup(reinterpret_cast<char*>(g_stage), 4096);
  read_cgroup_at_start(cgroup);
  g_writer.append(ring::PartKind::kText,
                  static_cast<uint32_t>(ring::TextKind::kCgroupMemoryAtStart), 0,
                  std::as_bytes(std::span(cgroup.view())));
  g_writer.keep();
}

ring::BlackBoxWriter& black_box() { return g_writer; }

std::span<std::byte> stage() { return g_stage; }

}  // namespace dbgtrace::hooks::crash
