// SPDX-License-Identifier: Apache-2.0
// The layout of the black box, the last section of a recording: how a process died. A fixed head,
// which the crashing thread fills first and without a system call, then an arena of parts, each
// valid by itself, appended in decreasing value: whatever stops the recorder (a second fault,
// SIGKILL, a full black box), what was written before stays readable.
//
//   | head, 8 KiB: crash, registers, handled faults, minor crashes | part | part | ... zeros |
//
// One crash is recorded in full: the first one. Threads that crash while it is recorded leave a
// MinorCrash each.
#pragma once

#include "ring/layout.hpp"

namespace dbgtrace::ring {

inline constexpr uint32_t kBlackBoxMagic = 0x58424244;  // "DBBX"
inline constexpr uint32_t kBlackBoxVersion = 1;
inline constexpr uint32_t kBlackBoxHeadBytes = 8192;

// How far the record got; each step is entered once, so a fault inside one is followed by the next.
enum class CrashStep : uint32_t {
  kNothing = 0,
  kHead,         // signal, registers
  kMessage,      // abort message, exception
  kStack,        // of the crashing thread
  kHeapContext,  // blocks that si_addr, registers and stack words point into
  kCode,         // bytes around pc
  kStackBytes,
  kNearRegisters,  // bytes around what registers point to
  kMaps,
  kProcess,  // status, limits, cgroup, descriptors
  kModules,
  kThreads,  // the other threads
  kDone
};

// What the kernel said, and where execution stood. Values are as the kernel's siginfo and ucontext
// give them.
struct CrashHead {
  uint32_t tid;  // 0: no crash; stored last
  int32_t signal;
  int32_t code;   // si_code
  int32_t error;  // si_errno
  uint64_t time_us;
  uint64_t fault_address;  // si_addr, where the signal has one
  int32_t sender_pid;      // of a signal that somebody sent
  uint32_t sender_uid;
  uint64_t trap_number;  // REG_TRAPNO; 0 on aarch64
  uint64_t error_code;   // REG_ERR of a page fault: bit 1 write, bit 4 fetch; aarch64: ESR
  uint64_t value;        // sigqueue's value; of SIGSYS: system call number << 32 | architecture
  uint64_t stack_low, stack_high;  // bounds of the crashing thread's stack, 0: unknown
  char thread_name[16];
  uint32_t register_count;
  uint32_t flags;          // CrashFlag
  uint64_t registers[40];  // x86-64: rax rbx rcx rdx rsi rdi rbp rsp r8..r15 rip eflags cs_gs_fs
                           // cr2; aarch64: x0..x30 sp pc pstate
};
enum CrashFlag : uint32_t {
  kCrashOnAlternateStack = 1,
  kCrashInHandler = 2,   // ended inside the program's own handler of this signal (it left by _exit,
                         // or never returned)
  kCrashInRecorder = 4,  // the fault lies in the recorder itself
  kCrashInAllocator = 8,  // a call of the malloc family was going on in this thread
  kCrashSandboxed = 16,   // behind a seccomp filter: no system calls, less is known
};

// A fault that a handler of the program's was given: routine in a JVM, a clue elsewhere. One for
// each signal.
struct HandledFault {
  uint32_t signal;
  int32_t last_code;
  uint64_t count;
  uint64_t last_us;
  uint64_t last_address;
  uint64_t last_pc;
  uint32_t last_tid;
  uint32_t reserved;
};

struct MinorCrash {
  uint32_t tid;  // 0: empty; stored last
  int32_t signal;
  int32_t code;
  uint32_t reserved;
  uint64_t time_us;
  uint64_t fault_address;
  uint64_t pc;
  uint64_t sp;
};

inline constexpr uint32_t kHandledFaults = 16;
inline constexpr uint32_t kMinorCrashes = 32;

struct BlackBox {
  uint32_t magic;
  uint32_t version;
  uint64_t salt;        // the header's
  uint32_t used_bytes;  // cursor of the arena, from the section's beginning; validity never depends
                        // on it
  uint32_t finished;    // CrashStep: the last one that was finished
  uint32_t faults_inside;  // while recording
  uint32_t minor_used;     // may exceed kMinorCrashes: the rest was lost
  uint32_t parts_lost;     // did not fit
  uint32_t reserved[3];
  CrashHead crash;
  HandledFault handled[kHandledFaults];
  MinorCrash minor[kMinorCrashes];
};
static_assert(sizeof(BlackBox) <= kBlackBoxHeadBytes);

enum class PartKind : uint16_t {
  kText = 1,      // subject: TextKind; bytes as the system gave them
  kMemory,        // address: of the first byte; subject: MemoryOf
  kStack,         // subject: tid; payload CrashStack
  kThread,        // subject: tid; payload CrashThread
  kHeapPointers,  // payload HeapPointer[]
  kChunk,         // payload MallocChunk
};
enum class TextKind : uint32_t {
  kAbortMessage = 1,
  kExceptionType,  // mangled
  kExceptionWhat,
  kMaps,  // /proc/self/maps
  kStatus,
  kLimits,
  kCgroupMemory,  // name SPACE value, a line each: memory.max, memory.current, oom_kill
  kCgroupMemoryAtStart,
  kAuxv,     // binary
  kCommand,  // /proc/self/cmdline, whole
  kSenderName,
  kDescriptors,  // number of open ones, decimal
  kSystem,       // uname, a line
};
// Why the bytes were kept. kRegister + n: around register n of the head.
enum class MemoryOf : uint32_t { kStackOfThread = 1, kCode = 2, kFaultAddress = 3, kRegister = 16 };

// At a multiple of 8 bytes in the arena. Valid if and only if magic and checksum fit; the next one
// follows its stored bytes.
struct Part {
  uint32_t magic;
  uint32_t checksum;  // CRC-32C of the header with this field zero, then of the stored bytes;
                      // stored as nonzero
  uint16_t kind;
  uint16_t compressed;  // 1: one LZ4 block
  uint32_t subject;
  uint64_t address;
  uint32_t raw_bytes;  // at most kMaxPartBytes: more comes in several parts
  uint32_t stored_bytes;
};
static_assert(sizeof(Part) == 32);
inline constexpr uint32_t kPartMagic = 0x54525044;  // "DPRT"
inline constexpr uint32_t kMaxPartBytes = 65536;

struct CrashStack {
  uint32_t frame_count;
  uint32_t omitted_frames;  // behind the first leaf_frames
  uint32_t leaf_frames;
  uint32_t interrupted;  // frame that a signal interrupted (its pc is exact), 2^32-1: none
  uint32_t end;  // 0 outermost frame reached, 1 cut, 2 no unwind rule, 3 stack contradicts the
                 // rules, 4 unreadable
  uint32_t exact_leaf;  // 1: the first pc is an instruction, not a return address
  // uint64_t pcs[frame_count], innermost first
};

enum class ThreadSource : uint32_t {
  kSignal = 1 /* it answered */,
  kLastSample = 2 /* stack of its last sample */,
  kNone = 3
};
struct CrashThread {
  uint32_t tid;
  uint32_t source;  // ThreadSource
  char name[16];
  uint64_t sample_us;       // with kLastSample
  uint32_t register_count;  // 0 unless it answered
  uint32_t state;           // letter of /proc/self/task/TID/stat, 0: unknown
  uint64_t system_call;     // number it waits in, 2^64-1: unknown or none
  uint64_t registers[40];
};

enum class PointerFrom : uint16_t {
  kFaultAddress = 1,
  kRegister = 2 /* index: register */,
  kStackWord = 3 /* index: word */
};
enum class PointeeState : uint16_t { kLive = 1, kFreed = 2 };
// A value that points at, into or closely behind a block that was sampled.
struct HeapPointer {
  uint64_t value;
  uint64_t block_address;
  uint64_t block_bytes;
  uint64_t birth_us;
  uint64_t free_us;                    // with kFreed
  uint32_t birth_site, free_site;      // sites; 0: unknown
  uint32_t birth_thread, free_thread;  // indexes of threads
  uint16_t from;                       // PointerFrom
  uint16_t state;                      // PointeeState
  uint32_t index;
};
static_assert(sizeof(HeapPointer) == 64);

// The C library's chunk around the fault address, told by its size words; only where neighbours
// agree.
struct MallocChunk {
  uint64_t chunk_address;
  uint64_t chunk_bytes;
  uint32_t in_use;  // 1, 0, 2: unknown
  uint32_t reserved;
};

}  // namespace dbgtrace::ring
