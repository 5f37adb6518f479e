// SPDX-License-Identifier: Apache-2.0
// The layout of the black box, the last section of a recording: how a process died. A fixed head,
// which the crashing thread fills first and without a system call, then an arena of parts, each
// valid by itself, appended in decreasing value: whatever stops the recorder (a second fault,
// SIGKILL, a full black box), what was written before stays readable.
//
//   | head, 8 KiB: crash, registers, handled faults, minor crashes | part | part | ... zeros |
//
// One crash of the process is recorded in full: the first one. Threads that crash while it is
// recorded leave a MinorCrash each. The only record that another one takes the place of is that of
// a vfork child (kCrashInVforkChild): its process lives on.
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
  kStack,        // of the crashing thread, and the modules it goes through
  kHeapContext,  // blocks that si_addr, registers and stack words point into
  kCode,         // bytes around pc
  kStackBytes,
  kNearRegisters,  // bytes around what registers point to
  kMaps,
  kModules,  // all that are loaded
  kProcess,  // status, limits, cgroup, descriptors
  kThreads,  // the other threads
  kDone,
  kAskThreads,  // between kHead and kMessage; only in failed_steps
};

inline constexpr uint32_t kMaxRegisters = 40;

// What the kernel said, and where execution stood. Values are as the kernel's siginfo and ucontext
// give them.
struct CrashHead {
  uint32_t tid;       // 0: no crash; stored last
  uint32_t checksum;  // CRC-32C of the rest of this struct, stored as nonzero
  uint32_t record;    // from 1: parts with another number (but 0) belong to an older record
  uint32_t pid;       // of the process that crashed: another one than the header's in a vfork child
  int32_t signal;
  int32_t code;    // si_code
  int32_t error;   // si_errno
  uint32_t flags;  // CrashFlag
  uint64_t time_us;
  uint64_t fault_address;  // si_addr, where the signal has one (faults and SIGSYS); else 0
  int32_t sender_pid;      // of a signal that somebody sent; else 0
  uint32_t sender_uid;
  uint64_t value;        // sigqueue's value; of SIGSYS: system call number << 32 | architecture
  uint64_t trap_number;  // x86-64: REG_TRAPNO; 0 on aarch64
  // x86-64: REG_ERR (of a page fault: bit 1 write, bit 4 instruction fetch); aarch64: ESR
  uint64_t error_code;
  uint64_t stack_low, stack_high;          // the readable part of the thread's stack, 0: unknown
  uint64_t alternate_low, alternate_high;  // its alternate signal stack, 0: none
  uint64_t blocked_signals;                // mask at the crash, bit n-1 for signal n
  char thread_name[16];
  uint8_t siginfo[128];  // raw
  uint32_t register_count;
  uint32_t reserved;
  uint64_t registers[kMaxRegisters];  // see kRegisterNames
};
static_assert(sizeof(CrashHead) == 592);

enum CrashFlag : uint32_t {
  kCrashOnAlternateStack = 1,  // execution stood on the alternate stack
  kCrashInHandler = 2,         // the process ended inside its own handler of this signal
  kCrashInRecorder = 4,        // the fault lies in the recorder itself
  kCrashInAllocator = 8,       // a call of the malloc family was going on in this thread
  kCrashSandboxed = 16,        // behind a seccomp filter: no system calls, less is known
  kCrashInVforkChild = 32,     // of a child that shares the address space; the process goes on
};

// In the order of `registers`; register_count may be less in a file of an older version.
// segments: cs, gs, fs, ss, 16 bits each.
inline constexpr const char* kX86RegisterNames[] = {
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",    "rsp",      "r8",  "r9",     "r10",
    "r11", "r12", "r13", "r14", "r15", "rip", "eflags", "segments", "cr2", "fs_base"};
inline constexpr uint32_t kX86Rbp = 6, kX86Rsp = 7, kX86Rip = 16, kX86Flags = 17, kX86Segments = 18,
                          kX86Cr2 = 19, kX86FsBase = 20;
inline constexpr const char* kAarch64RegisterNames[] = {
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",     "x10", "x11",
    "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",    "x22", "x23",
    "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pc",  "pstate", "far", "tpidr"};
inline constexpr uint32_t kAarch64Sp = 31, kAarch64Pc = 32, kAarch64Pstate = 33, kAarch64Far = 34,
                          kAarch64Tpidr = 35;
inline constexpr uint32_t kX86Registers = sizeof(kX86RegisterNames) / sizeof(char*);
inline constexpr uint32_t kAarch64Registers = sizeof(kAarch64RegisterNames) / sizeof(char*);
static_assert(kX86Registers == kX86FsBase + 1 && kAarch64Registers == kAarch64Tpidr + 1 &&
              kAarch64Registers <= kMaxRegisters);

// Faults that a handler of the program's was given: routine in a JVM, a clue elsewhere. One for
// each signal.
struct HandledFault {
  uint32_t signal;  // 0: empty; stored last
  int32_t last_code;
  uint64_t count;
  uint64_t last_us;
  uint64_t last_address;
  uint64_t last_pc;
  uint32_t last_tid;
  uint32_t reserved;
};
static_assert(sizeof(HandledFault) == 48);

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
static_assert(sizeof(MinorCrash) == 48);

inline constexpr uint32_t kHandledFaults = 16;
inline constexpr uint32_t kMinorCrashes = 32;

struct BlackBox {
  uint32_t magic;  // 0: never used (crash capture off); stored last at the start
  uint32_t version;
  uint64_t salt;            // the header's
  uint32_t used_bytes;      // the writer's cursor, from the section's beginning
  uint32_t finished;        // CrashStep: the last one that was finished
  uint32_t failed_steps;    // bit n: step n was left by a fault of the recorder's own
  uint32_t faults_inside;   // while recording
  uint32_t minor_used;      // may exceed kMinorCrashes: the rest was lost
  uint32_t parts_lost;      // did not fit
  uint32_t threads_seen;    // other threads, when they were asked
  uint32_t threads_silent;  // of these, no answer in time
  uint32_t vfork_crashes;   // of children that share this address space
  uint32_t reserved[3];
  CrashHead crash;
  HandledFault handled[kHandledFaults];
  MinorCrash minor[kMinorCrashes];
};
static_assert(sizeof(BlackBox) == 64 + 592 + 48 * 48 && sizeof(BlackBox) <= kBlackBoxHeadBytes);

enum class PartKind : uint16_t {
  kText = 1,       // subject: TextKind; bytes as the system gave them
  kMemory,         // address: of the first byte; subject: MemoryOf
  kStack,          // subject: tid; payload CrashStack
  kThread,         // subject: tid; payload CrashThread
  kHeapPointers,   // payload HeapPointer[]
  kChunk,          // payload MallocChunk[]
  kFloatingPoint,  // subject: tid; x86-64: 512 bytes of fxsave; aarch64: 528 of fpsimd_context
};
enum class TextKind : uint32_t {
  kAbortMessage = 1,
  kExceptionType,  // mangled
  kExceptionWhat,
  kMaps,          // /proc/self/maps
  kStatus,        // /proc/self/status, the lines that speak of memory and threads
  kLimits,        // /proc/self/limits
  kCgroupMemory,  // name SPACE value, a line each: memory.max, memory.current, oom_kill, ...
  kCgroupMemoryAtStart,
  kAuxv,         // binary: pairs of words
  kCommand,      // /proc/self/cmdline, whole
  kSenderName,   // name of the process sender_pid
  kDescriptors,  // number of open ones, decimal
  kSystem,       // uname: sysname, release, version, machine, a line each
};
// Why the bytes were kept. kRegister + n: around what register n of the head points to.
enum class MemoryOf : uint32_t { kStackOfThread = 1, kCode = 2, kFaultAddress = 3, kRegister = 16 };

// At a multiple of 8 bytes in the arena, which begins behind the head. Valid if and only if magic,
// salt and checksum fit; the next one follows its stored bytes, rounded up to 8.
struct Part {
  uint32_t magic;
  uint32_t checksum;  // CRC-32C of salt, header (this field zero), stored bytes; never 0
  uint16_t kind;
  uint8_t compressed;  // 1: one LZ4 block
  uint8_t record;      // low 8 bits of the crash's; 0: written at the start
  uint32_t subject;
  uint64_t address;
  uint32_t raw_bytes;  // 1 to kMaxPartBytes: what is longer comes in several parts
  uint32_t stored_bytes;
};
static_assert(sizeof(Part) == 32);
inline constexpr uint32_t kPartMagic = 0x54525044;  // "DPRT"
inline constexpr uint32_t kMaxPartBytes = 65536;

enum class StackEnd : uint32_t {
  kOutermost = 0,  // reached the first frame
  kDepthLimit = 1,
  kNoRule = 2,         // code without call frame information, and no frame pointer to follow
  kContradiction = 3,  // the stack can't be what the rules say: overwritten, or no stack
  kUnreadable = 4,
};
struct CrashStack {
  uint32_t frame_count;     // stored ones, at most kMaxFrames
  uint32_t omitted_frames;  // behind the first leaf_frames
  uint32_t leaf_frames;
  uint32_t interrupted;  // frame that a signal interrupted (its pc is exact), 2^32-1: none
  uint32_t end;          // StackEnd
  uint32_t flags;        // CrashStackFlag
  // uint64_t pcs[frame_count], innermost first
};
static_assert(sizeof(CrashStack) == 24);
enum CrashStackFlag : uint32_t {
  kStackLeafExact = 1,     // the first pc is an instruction, not a return address
  kStackFromCallSite = 2,  // a wild pc: the second frame is the return address on top of the stack
};

enum class ThreadSource : uint32_t {
  kSignal = 1,      // it answered
  kLastSample = 2,  // it did not; its last sample is known
  kNone = 3,
};
// Stack, memory (kStackOfThread) and floating point of a thread are parts of their own with the
// same tid.
struct CrashThread {
  uint32_t tid;
  uint32_t source;  // ThreadSource
  char name[16];
  uint64_t sample_us;       // with kLastSample
  uint32_t register_count;  // 0 unless it answered
  uint32_t state;           // letter of /proc/self/task/TID/stat, 0: unknown
  uint64_t system_call;     // number that it waits in, 2^64-1: unknown or none
  uint64_t blocked_signals;
  uint64_t registers[kMaxRegisters];
  uint32_t sample_site;  // with kLastSample: whose stack it is
  uint32_t reserved;
};
static_assert(sizeof(CrashThread) == 384);

enum class PointerFrom : uint16_t {
  kFaultAddress = 1,
  kRegister = 2,   // index: register
  kStackWord = 3,  // index: words above sp
};
enum class PointeeState : uint16_t { kLive = 1, kFreed = 2 };
// A value that points at, into, closely before or closely behind a block that was sampled.
struct HeapPointer {
  uint64_t value;
  uint64_t block_address;
  uint64_t block_bytes;
  uint64_t birth_us;
  uint64_t free_us;                    // with kFreed
  uint32_t birth_site;                 // slot in the site table, 0: unknown
  uint32_t free_stack;                 // reference in stacks, 0: unknown
  uint32_t birth_thread, free_thread;  // indexes in the thread table, 0: unknown
  uint16_t from;                       // PointerFrom
  uint16_t state;                      // PointeeState
  uint32_t index;
};
static_assert(sizeof(HeapPointer) == 64);

// The C library's chunk around a value, told by its size words; only where the neighbours agree.
struct MallocChunk {
  uint64_t value;  // what points at or into it
  uint64_t chunk_address;
  uint64_t chunk_bytes;
  uint32_t in_use;  // 1, 0, 2: unknown
  uint16_t from;    // PointerFrom
  uint16_t index;
};
static_assert(sizeof(MallocChunk) == 32);

}  // namespace dbgtrace::ring
