// SPDX-License-Identifier: Apache-2.0
// A recording of a use after free with something in every part of its black box, as tests, expected
// outputs and the fuzzers' seeds start from.
#pragma once

#include <algorithm>

#include "tests/support/black_box_builder.hpp"

namespace dbgtrace::tests {

inline constexpr uint64_t kFreedBlock = 0x7f12'3450'0000;
inline constexpr uint64_t kExampleStack = 0x7ffc'0000'0000;

inline constexpr const char* kExampleMaps =
    "00400000-00500000 r-xp 00000000 fe:01 12 /usr/bin/example\n"
    "00600000-00601000 rw-p 00100000 fe:01 12 /usr/bin/example\n"
    "01000000-01021000 rw-p 00000000 00:00 0  [heap]\n"
    "7f0000000000-7f0000100000 r-xp 00000000 fe:01 99 /usr/lib/libexample.so.1\n"
    "7f1234600000-7f1234601000 ---p 00000000 00:00 0\n"
    "7ffbffff0000-7ffc00010000 rw-p 00000000 00:00 0  [stack]\n";

inline RecordingBuilder make_crash_example() {
  RecordingBuilder builder;
  builder.header().live.interval_bytes = 1;
  builder.header().base_interval_bytes = 1;
  builder.live().exact_until_us = ~uint64_t{0};
  builder.live().live_bytes = 123'456;
  builder.live().peak_live_bytes = 200'000;
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  builder.add_module("/usr/lib/libexample.so.1", 0x7f0000000000, 0x7f0000100000);
  const uint32_t birth = builder.add_stack({0x400050, 0x400350});
  const uint32_t death = builder.add_stack({0x400250, 0x400350});
  builder.add_site(3, birth);
  builder.add_thread(1, 4242, "worker");
  builder.add_thread(2, 4243, "reaper");

  BlackBoxBuilder box(builder);
  ring::CrashHead& head = box.begin_crash(SIGSEGV, 1);
  head.fault_address = kFreedBlock + 24;
  head.trap_number = 14;
  head.error_code = 4;
  head.stack_low = kExampleStack - 0x10000;
  head.stack_high = kExampleStack + 0x10000;
  head.registers[0] = kFreedBlock;  // rax
  head.registers[5] = 0x600010;     // rdi
  head.registers[ring::kX86Rbp] = kExampleStack + 0x40;
  head.registers[ring::kX86Rsp] = kExampleStack;
  head.registers[ring::kX86Rip] = 0x400150;
  box.seal_head();
  auto& handled = box.box().handled[0];
  handled.last_code = 1;
  handled.count = 3;
  handled.last_us = 1'000'000;
  handled.last_pc = 0x400180;
  handled.signal = SIGFPE;
  auto& minor = box.box().minor[0];
  minor.signal = SIGSEGV;
  minor.code = 1;
  minor.pc = 0x400190;
  minor.tid = 4245;

  box.add_stack(4242, {0x400150, 0x400350});
  ring::HeapPointer pointer{};
  pointer.value = kFreedBlock + 24;
  pointer.block_address = kFreedBlock;
  pointer.block_bytes = 64;
  pointer.birth_us = 50'000'000;
  pointer.free_us = 59'997'000;
  pointer.birth_site = 3;
  pointer.free_stack = death;
  pointer.birth_thread = 1;
  pointer.free_thread = 2;
  pointer.from = static_cast<uint16_t>(ring::PointerFrom::kFaultAddress);
  pointer.state = static_cast<uint16_t>(ring::PointeeState::kFreed);
  box.add_entry(ring::PartKind::kHeapPointers, 0, pointer);
  pointer.value = kFreedBlock;
  pointer.from = static_cast<uint16_t>(ring::PointerFrom::kRegister);
  box.add_entry(ring::PartKind::kHeapPointers, 0, pointer);
  ring::MallocChunk chunk{kFreedBlock + 24, kFreedBlock - 16, 80, 0, 1, 0};
  box.add_entry(ring::PartKind::kChunk, 0, chunk);
  // mov rdi, qword ptr [rax + 0x18]
  const uint8_t code[] = {0x48, 0x8b, 0x78, 0x18, 0xc3};
  box.add_memory(ring::MemoryOf::kCode, 0x400150, code);
  box.add_words(ring::MemoryOf::kStackOfThread, kExampleStack, {1, 2, kFreedBlock, 0x400250});
  const std::string text = "a name of somebody";
  box.add_part(ring::PartKind::kMemory, static_cast<uint32_t>(ring::MemoryOf::kRegister) + 5,
               0x600010, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  box.add_text(ring::TextKind::kMaps, kExampleMaps, true);
  box.add_text(ring::TextKind::kStatus, "VmSize:\t  20480 kB\nVmRSS:\t   8192 kB\nThreads:\t4\n");
  box.add_text(ring::TextKind::kLimits,
               "Max open files            1024                 4096     files\n");
  box.add_text(ring::TextKind::kDescriptors, "17");
  box.add_text(ring::TextKind::kCgroupMemory,
               "group /example\nmemory.max 16777216\nmemory.current 8388608\noom_kill 0\n");
  box.add_text(ring::TextKind::kSystem, "Linux\n6.1.0\n#1 SMP\nx86_64\n");
  box.add_thread(4243, "reaper", ring::ThreadSource::kSignal);
  box.add_stack(4243, {0x7f0000000500, 0x400350});
  box.add_thread(4244, "idle", ring::ThreadSource::kLastSample);
  box.add_stack(4244, {0x400280, 0x400350});
  box.box().threads_seen = 2;
  return builder;
}

}  // namespace dbgtrace::tests
