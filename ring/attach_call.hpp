// SPDX-License-Identifier: Apache-2.0
// What `dbgtrace attach` and the library in the other process say to each other: one block of
// memory, which the command fills, the library answers in, and the command reads back. It stands at
// the beginning of the scratch memory that the command makes for the call, and its function is
// dbgtrace_attach(AttachCall*).
//
// Thread-safety: none needed, one call at a time. Signal-safety: plain data. Allocates: never.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dbgtrace::ring {

inline constexpr uint64_t kAttachMagic = 0x314843415454420a;
inline constexpr uint32_t kAttachVersion = 1;
inline constexpr char kAttachFunction[] = "dbgtrace_attach";

// kBegin: read the settings, create the recording; other threads may run.
// kWire: lead the program's calls through the recorder. kDetach: undo all of it. Both with the
// others stopped. kLook: only say what is there. kReuseStacks: after a detach, alternate stacks
// that their threads have no more.
enum class AttachStep : uint32_t {
  kBegin = 1,
  kWire = 2,
  kDetach = 3,
  kLook = 4,
  kReuseStacks = 5
};

enum class AttachResult : uint32_t {
  kNoAnswer = 0,
  kDone = 1,
  kOtherVersion = 2,  // library and command do not belong together
  kPreloaded = 3,     // it has been there from the start of the program: LD_PRELOAD
  kAlready = 4,       // it records
  kNotAttached = 5,   // it does not
  kNoRecording = 6,   // no file; message says why
  kNoCopying = 7,     // the kernel refuses to copy the process's own memory
};

struct AttachCall {
  uint64_t magic;
  uint32_t version;
  AttachStep step;
  AttachResult result;
  uint32_t nobody_inside;  // no thread is in the recorder
  // The library sends it to its own thread when it is done: the command is told at once, and if the
  // command has died meanwhile nothing happens, since it is one that the program ignores by
  // default.
  uint32_t done_signal;
  uint32_t stacks;  // with kReuseStacks: how many addresses (u64) stand in `settings`
  // The answer.
  uint32_t slots;       // calls led elsewhere, or back
  uint32_t slots_left;  // not found as they were left, or no room to remember them
  uint32_t modules;
  uint32_t executable_has_malloc;
  // Of each thread, from its thread pointer on: two words (bytes to the next sample, interval) that
  // are zero in a thread that starts anew, and the lowest address of the alternate signal stack
  // that it was given.
  int64_t countdown_offset;
  int64_t alternate_stack_offset;
  char path[4096];  // of the recording
  char message[512];
  char settings[8192];  // NAME=value, each ended by a zero byte, one more behind the last
};
static_assert(offsetof(AttachCall, path) == 64 && sizeof(AttachCall) == 64 + 4096 + 512 + 8192);

}  // namespace dbgtrace::ring
