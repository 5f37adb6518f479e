// SPDX-License-Identifier: Apache-2.0
// Every rule with a scene as that kind of crash leaves it, and the scenes that look alike.
#include "reader/analysis/crash_class.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <set>

#include "reader/analysis/instruction.hpp"
#include "tests/support/kept_text.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;
using analysis::Access;
using analysis::classify;
using analysis::CrashClass;
using analysis::CrashScene;
using analysis::CrashVerdict;

namespace {

constexpr uint64_t kStackLow = 0x7f00'0080'0000, kStackHigh = 0x7f00'0100'0000;
constexpr const char* kLibc = "/lib/x86_64-linux-gnu/libc.so.6";
constexpr const char* kMaps =
    "00400000-00401000 r-xp 00000000 fe:01 1 /usr/bin/app\n"
    "00401000-00402000 r--p 00001000 fe:01 1 /usr/bin/app\n"
    "00403000-00404000 rw-p 00003000 fe:01 1 /usr/bin/app\n"
    "01000000-01021000 rw-p 00000000 00:00 0 [heap]\n"
    "7f0000000000-7f0000002000 rw-s 00000000 fe:01 2 /var/data\n"
    "7f00007ff000-7f0000800000 ---p 00000000 00:00 0\n"
    "7f0000800000-7f0001000000 rw-p 00000000 00:00 0\n"
    "7f0002000000-7f0002001000 rw-p 00000000 00:00 0\n";

symbols::Frame frame(const std::string& function, const std::string& module = "/usr/bin/app") {
  symbols::Frame result;
  result.function = dbgtrace::tests::kept(function);
  result.module = dbgtrace::tests::kept(module);
  return result;
}

CrashScene fault(uint64_t address, Access access = Access::kRead, int code = 1) {
  CrashScene scene;
  scene.signal = scene.death_signal = SIGSEGV;
  scene.code = code;
  scene.fault_address = address;
  scene.access = access;
  scene.trap = 14;
  scene.pc = 0x400123;
  scene.sp = kStackHigh - 0x1000;
  scene.frame_pointer = kStackHigh - 0xf00;
  scene.stack_low = kStackLow;
  scene.stack_high = kStackHigh;
  scene.map = analysis::MemoryMap(kMaps);
  scene.stack.frames = {frame("work"), frame("main")};
  scene.registers.resize(ring::kX86Registers);
  scene.exact_heap = true;
  return scene;
}

CrashScene aborted(const std::string& message, std::vector<symbols::Frame> callers = {}) {
  CrashScene scene = fault(0);
  scene.signal = scene.death_signal = SIGABRT;
  scene.code = -6;
  scene.sent = scene.by_itself = true;
  scene.fault_address.reset();
  scene.abort_message = message;
  scene.stack.frames = {frame("raise", kLibc), frame("abort", kLibc)};
  for (auto& caller : callers) scene.stack.frames.push_back(caller);
  scene.stack.frames.push_back(frame("main"));
  return scene;
}

analysis::Instruction operating_on(uint64_t address, uint32_t base, bool written = false) {
  analysis::Instruction instruction;
  instruction.text = "mov";
  analysis::MemoryOperand operand;
  operand.address = address;
  operand.base = base;
  operand.written = written;
  instruction.operands.push_back(operand);
  return instruction;
}

trace::HeapPointer block(uint64_t value, uint64_t address, uint64_t bytes, bool freed) {
  trace::HeapPointer pointer;
  pointer.value = value;
  pointer.block_address = address;
  pointer.block_bytes = bytes;
  pointer.freed = freed;
  pointer.from = ring::PointerFrom::kFaultAddress;
  return pointer;
}

void check(const CrashScene& scene, CrashClass wanted, double least, double most = 1) {
  const CrashVerdict verdict = classify(scene);
  INFO(name_of(verdict.crash_class) << " " << verdict.confidence);
  CHECK(verdict.crash_class == wanted);
  CHECK(verdict.confidence >= least);
  CHECK(verdict.confidence <= most);
  CHECK_FALSE(verdict.evidence.empty());
}

}  // namespace

TEST_CASE("a null dereference is one at 0, at a member's offset, and by a register that holds 0") {
  check(fault(0), CrashClass::kNullDereference, 0.95);
  check(fault(24, Access::kWrite), CrashClass::kNullDereference, 0.95);
  CrashScene far = fault(0x5000);
  far.instruction = operating_on(0x5000, 3);
  check(far, CrashClass::kNullDereference, 0.95);
  far.registers[3] = 0x5000;
  check(far, CrashClass::kWildAccess, 0.8);
  check(fault(UINT64_MAX - 15), CrashClass::kNullDereference, 0.7, 0.9);
}

TEST_CASE("a call through a null pointer is a null dereference, to anywhere else a wild jump") {
  CrashScene call = fault(0, Access::kExecute);
  call.pc = 0;
  check(call, CrashClass::kNullDereference, 0.95);
  check(fault(0x1234, Access::kExecute), CrashClass::kWildJump, 0.85, 0.9);
  check(fault(0x403010, Access::kExecute, 2), CrashClass::kWildJump, 0.95);  // into data
  CrashScene sampled = fault(0x4141414141, Access::kExecute);
  sampled.exact_heap = false;  // the pointer may have come out of a freed block
  check(sampled, CrashClass::kWildJump, 0.8, 0.9);
}

TEST_CASE("an access to nowhere is wild, and surer where every block is known") {
  check(fault(0xdeadbeef), CrashClass::kWildAccess, 0.9);
  CrashScene sampled = fault(0xdeadbeef, Access::kWrite);
  sampled.exact_heap = false;
  check(sampled, CrashClass::kWildAccess, 0.7, 0.9);
  check(fault(0x401010, Access::kWrite, 2), CrashClass::kWildAccess, 0.9);  // rodata
}

TEST_CASE("an address that the processor can't have is never called null") {
  CrashScene scene = fault(0);
  scene.code = SI_KERNEL;
  scene.trap = 13;
  scene.fault_address = 0x4141414141414141;
  scene.address_computed = true;
  scene.instruction = operating_on(0x4141414141414141, 0);
  check(scene, CrashClass::kWildAccess, 0.85, 0.9);
  scene.fault_address.reset();
  scene.address_computed = false;
  scene.instruction.reset();
  check(scene, CrashClass::kWildAccess, 0.5, 0.9);
  scene.instruction =
      analysis::Instruction{"hlt", analysis::InstructionKind::kPrivileged, {}, {}, false};
  check(scene, CrashClass::kIllegalInstruction, 0.85);
}

TEST_CASE("a stack overflow is told by the stack pointer, not by the address alone") {
  CrashScene main_thread = fault(kStackLow - 8, Access::kWrite, 2);
  main_thread.sp = kStackLow;
  main_thread.stack.frames.assign(100, frame("recurse"));
  check(main_thread, CrashClass::kStackOverflow, 0.95);
  CrashScene huge_frame = fault(kStackLow - 0x200000 + 12, Access::kWrite);
  huge_frame.sp = kStackLow - 0x200000;
  check(huge_frame, CrashClass::kStackOverflow, 0.95);
  // A pointer that walked off the lower end of a local array.
  CrashScene walked = fault(kStackLow - 8, Access::kWrite, 2);
  check(walked, CrashClass::kWildAccess, 0.5);
  CrashScene unknown_bounds = fault(kStackLow - 8, Access::kWrite, 2);
  unknown_bounds.sp = kStackLow - 8;
  unknown_bounds.stack_low = unknown_bounds.stack_high = 0;
  check(unknown_bounds, CrashClass::kStackOverflow, 0.8);
  CrashScene alternate = fault(0x7f0002000000 - 64, Access::kWrite);
  alternate.sp = 0x7f0002000000 - 64;
  alternate.alternate_low = 0x7f0002000000;
  alternate.alternate_high = 0x7f0002001000;
  check(alternate, CrashClass::kStackOverflow, 0.9);
}

TEST_CASE("a stack pointer that was destroyed is no stack overflow") {
  CrashScene scene = fault(UINT64_MAX - 7, Access::kWrite);
  scene.sp = 0;
  scene.frame_pointer = 0;
  check(scene, CrashClass::kWildAccess, 0.5, 0.9);
}

TEST_CASE("a known block decides between use after free, overflow and double free") {
  CrashScene scene = fault(0x20000018);
  scene.fault_block = block(0x20000018, 0x20000000, 64, true);
  check(scene, CrashClass::kUseAfterFree, 0.95);
  scene.fault_block = block(0x20000018, 0x1ffff000, 0x1008, false);
  check(scene, CrashClass::kHeapOverflow, 0.95);
  scene.fault_block = block(0x20000018, 0x10000000, 0x8000, false);
  check(scene, CrashClass::kHeapOverflow, 0.7, 0.9);
  scene.fault_block = block(0x20000018, 0x20000020, 64, false);
  check(scene, CrashClass::kHeapOverflow, 0.7, 0.9);
  scene.fault_block = block(0x20000018, 0x20000000, 64, false);
  check(scene, CrashClass::kWildAccess, 0.5, 0.9);
  scene.stack.frames.insert(scene.stack.frames.begin(), frame("free", kLibc));
  scene.fault_block = block(0x20000018, 0x20000020, 64, true);
  check(scene, CrashClass::kDoubleFree, 0.9);
}

TEST_CASE("a wild pointer that was read from a freed block is a use after free") {
  trace::Crash crash;
  trace::HeapPointer freed = block(0x1000040, 0x1000040, 32, true);
  freed.from = ring::PointerFrom::kRegister;
  freed.index = 0;
  CrashScene scene = fault(0x5555'1234'0008);
  scene.crash = &crash;
  scene.pointers = {freed};
  scene.registers[0] = 0x1000040;
  scene.registers[3] = 0x5555'1234'0000;
  scene.instruction = operating_on(0x5555'1234'0008, 3);
  check(scene, CrashClass::kWildAccess, 0.8);  // nothing ties the two together
  std::vector<std::byte> content(32);
  const uint64_t word = 0x5555'1234'0000;
  std::memcpy(content.data() + 8, &word, sizeof(word));
  crash.memory = {{0x1000040, content, 16}};
  check(scene, CrashClass::kUseAfterFree, 0.92);
  CHECK(classify(scene).block->block_address == 0x1000040);
}

TEST_CASE("a fault inside the allocator is its user's fault") {
  CrashScene freeing = fault(0x12345678 - 8);
  freeing.stack.frames = {frame("free", kLibc), frame("drop"), frame("main")};
  check(freeing, CrashClass::kInvalidFree, 0.8, 0.9);
  CrashScene allocating = fault(0x4141414149);
  allocating.stack.frames = {frame("_int_malloc", kLibc), frame("malloc", kLibc), frame("main")};
  check(allocating, CrashClass::kHeapCorruption, 0.8, 0.9);
}

TEST_CASE("a bus error says what is behind the memory") {
  CrashScene scene = fault(0x7f0000001000, Access::kRead, 2);
  scene.signal = SIGBUS;
  check(scene, CrashClass::kBusError, 0.95);
  CHECK(classify(scene).evidence.front().find("/var/data") != std::string::npos);
  scene.code = 1;
  check(scene, CrashClass::kBusError, 0.95);
}

TEST_CASE("where every allocation is known, a double free needs a block that was freed before") {
  CrashScene scene = aborted("double free or corruption (!prev)");
  scene.exact_heap = false;
  check(scene, CrashClass::kDoubleFree, 0.7, 0.9);
  scene.exact_heap = true;
  check(scene, CrashClass::kHeapCorruption, 0.7, 0.9);
  trace::HeapPointer block;
  block.value = block.block_address = 0x1000'0000;
  block.from = ring::PointerFrom::kRegister;
  block.freed = true;
  scene.pointers = {block};
  check(scene, CrashClass::kDoubleFree, 0.9);
}

TEST_CASE("the C library's last words decide an abort") {
  check(aborted("*** stack smashing detected ***: terminated"), CrashClass::kStackSmash, 0.95);
  check(aborted("free(): double free detected in tcache 2"), CrashClass::kDoubleFree, 0.95);
  check(aborted("double free or corruption (fasttop)"), CrashClass::kDoubleFree, 0.95);
  check(aborted("double free or corruption (out)"), CrashClass::kHeapCorruption, 0.7, 0.9);
  check(aborted("free(): invalid pointer"), CrashClass::kInvalidFree, 0.9);
  check(aborted("munmap_chunk(): invalid pointer"), CrashClass::kInvalidFree, 0.85);
  check(aborted("free(): invalid size"), CrashClass::kInvalidFree, 0.5, 0.9);
  check(aborted("free(): invalid next size (fast)"), CrashClass::kHeapCorruption, 0.9);
  check(aborted("corrupted size vs. prev_size"), CrashClass::kHeapCorruption, 0.9);
  check(aborted("malloc(): corrupted top size"), CrashClass::kHeapCorruption, 0.9);
  check(aborted("malloc(): unaligned tcache chunk detected"), CrashClass::kHeapCorruption, 0.9);
  check(aborted("malloc(): unsorted double linked list corrupted"), CrashClass::kHeapCorruption,
        0.9);
  check(aborted("*** buffer overflow detected ***: terminated"), CrashClass::kAbort, 0.85, 0.9);
  check(aborted("app: a.c:7: check: Assertion `x > 0' failed."), CrashClass::kAssertion, 0.95);
  check(aborted("app: malloc.c:2617: sysmalloc: Assertion `old_size' failed."),
        CrashClass::kHeapCorruption, 0.9);
  check(aborted("Fatal glibc error: a.c:7 (check): assertion failed: x > 0"),
        CrashClass::kAssertion, 0.95);
  check(aborted("something new"), CrashClass::kAbort, 0.8);
}

TEST_CASE("a block that was freed before makes a vague message a double free") {
  trace::HeapPointer freed = block(0x1000040, 0x1000040, 32, true);
  freed.from = ring::PointerFrom::kStackWord;
  freed.index = 12;
  CrashScene scene = aborted("double free or corruption (out)");
  scene.pointers = {freed};
  check(scene, CrashClass::kDoubleFree, 0.85, 0.9);
  CHECK(classify(scene).block);
}

TEST_CASE("what the allocator says of a live block, it says of an overwritten header") {
  const trace::HeapPointer given = block(0x1000100, 0x1000100, 40, false);
  const trace::HeapPointer before = block(0x1000100, 0x10000d0, 40, false);
  for (const char* message : {"free(): invalid pointer", "munmap_chunk(): invalid pointer",
                              "mremap_chunk(): invalid pointer", "free(): invalid size",
                              "double free or corruption (out)"}) {
    CrashScene scene = aborted(message);
    scene.given = given;
    scene.before_given = before;
    check(scene, CrashClass::kHeapCorruption, 0.8, 0.9);
    const CrashVerdict verdict = classify(scene);
    REQUIRE(verdict.overrun);
    CHECK(verdict.overrun->block_address == before.block_address);
    CHECK(verdict.block->block_address == given.block_address);
    // A block that lies farther away is no neighbour.
    scene.before_given->block_address -= 0x1000;
    CHECK_FALSE(classify(scene).overrun);
  }
  for (const char* message :
       {"double free or corruption (!prev)", "free(): invalid next size (normal)"}) {
    CrashScene scene = aborted(message);
    scene.given = given;
    check(scene, CrashClass::kHeapCorruption, 0.7, 0.9);
    CHECK(classify(scene).overrun->block_address == given.block_address);
  }
  CrashScene twice = aborted("free(): double free detected in tcache 2");
  twice.given = given;  // the same line has freed it before
  check(twice, CrashClass::kDoubleFree, 0.95);
}

TEST_CASE("a freed block that only lies about on the stack makes no double free") {
  trace::HeapPointer freed = block(0x1000040, 0x1000040, 32, true);
  freed.from = ring::PointerFrom::kStackWord;
  freed.index = 12;
  CrashScene scene = aborted("double free or corruption (!prev)");
  scene.pointers = {freed};
  scene.call_words = {0x1000100, 0x10000f0};
  check(scene, CrashClass::kHeapCorruption, 0.7, 0.9);
  scene.call_words->push_back(0x1000040);
  check(scene, CrashClass::kDoubleFree, 0.85, 0.9);
}

TEST_CASE("a corrupted top blames the last block of the heap, where each is known") {
  trace::Crash crash;
  crash.head.pid = crash.head.tid = 77;
  CrashScene scene = aborted("malloc(): corrupted top size");
  scene.crash = &crash;
  scene.last_of_heap = block(0x1021000, 0x1000040, 100, false);
  check(scene, CrashClass::kHeapCorruption, 0.9);
  CHECK(classify(scene).overrun->block_address == 0x1000040);
  scene.exact_heap = false;
  CHECK_FALSE(classify(scene).overrun);
  scene.exact_heap = true;
  crash.head.tid = 78;  // from an arena of its own
  CHECK_FALSE(classify(scene).overrun);
}

TEST_CASE("an access that runs off an end of the heap is an overflow") {
  CrashScene behind = fault(0x1021000, Access::kWrite);
  behind.before_fault = block(0x1021000, 0x1000040, 100, false);
  check(behind, CrashClass::kHeapOverflow, 0.85, 0.9);
  CHECK(classify(behind).block->block_address == 0x1000040);
  check(fault(0x1021800), CrashClass::kHeapOverflow, 0.7, 0.9);
  check(fault(0xffffff, Access::kWrite), CrashClass::kHeapOverflow, 0.7, 0.9);
  check(fault(0x1023000), CrashClass::kWildAccess, 0.8);
  check(fault(0x1021000, Access::kExecute), CrashClass::kWildJump, 0.8);
}

TEST_CASE("the allocator's own faults are no business of a block that was freed long ago") {
  CrashScene scene = fault(0x20000018);
  scene.stack.frames.insert(scene.stack.frames.begin(), frame("malloc", kLibc));
  scene.fault_block = block(0x20000018, 0x20000020, 64, true);
  check(scene, CrashClass::kHeapCorruption, 0.8, 0.9);
  scene.stack.frames.front() = frame("free", kLibc);
  scene.fault_block = block(0x20000018, 0x20000040, 64, true);
  check(scene, CrashClass::kInvalidFree, 0.8, 0.9);
  scene.fault_block = block(0x20000018, 0x20000020, 64, true);
  scene.given = block(0x10000040, 0x10000040, 64, false);
  check(scene, CrashClass::kHeapCorruption, 0.8, 0.9);
}

TEST_CASE("an exception in flight counts only under std::terminate") {
  CrashScene thrown =
      aborted("", {frame("std::terminate()", "/usr/lib/libstdc++.so.6"),
                   frame("__cxa_throw", "/usr/lib/libstdc++.so.6"), frame("load()")});
  thrown.exception_type = "std::runtime_error";
  check(thrown, CrashClass::kUncaughtException, 0.95);
  thrown.exception_type = "std::bad_alloc";
  check(thrown, CrashClass::kOutOfMemory, 0.85, 0.9);
  CrashScene handling = aborted("", {frame("give_up()")});
  handling.exception_type = "std::runtime_error";
  check(handling, CrashClass::kAbort, 0.7, 0.9);
  CrashScene none = aborted("", {frame("std::terminate()", "/usr/lib/libstdc++.so.6")});
  check(none, CrashClass::kAbort, 0.8);
  CrashScene pure = aborted("", {frame("std::terminate()"), frame("__cxa_pure_virtual")});
  check(pure, CrashClass::kAbort, 0.8);
  CHECK(classify(pure).evidence.front().find("pure virtual") != std::string::npos);
}

TEST_CASE("without a message the functions that called abort decide") {
  check(aborted(""), CrashClass::kAbort, 0.9);
  check(aborted("", {frame("__addvsi3"), frame("sum")}), CrashClass::kArithmetic, 0.9);
  check(aborted("", {frame("__stack_chk_fail", kLibc)}), CrashClass::kStackSmash, 0.9);
  check(aborted("", {frame("g_assertion_message_expr", "/usr/lib/libglib-2.0.so.0")}),
        CrashClass::kAssertion, 0.9);
  check(aborted("", {frame("rust_panic"), frame("core::panicking::panic_fmt")}), CrashClass::kAbort,
        0.9);
  check(aborted("", {frame("alloc::alloc::handle_alloc_error")}), CrashClass::kOutOfMemory, 0.8,
        0.9);
}

TEST_CASE("a signal that was sent has no cause in the program") {
  CrashScene scene = fault(0);
  scene.sent = true;
  scene.code = 0;
  scene.sender_pid = 77;
  scene.fault_address.reset();
  check(scene, CrashClass::kSentByUser, 0.95);
  scene.signal = SIGABRT;  // as a watchdog does
  check(scene, CrashClass::kSentByUser, 0.95);
  scene.signal = SIGSEGV;
  scene.by_itself = true;
  check(scene, CrashClass::kSentByUser, 0.8, 0.9);
}

TEST_CASE("the remaining signals speak for themselves") {
  CrashScene scene = fault(0);
  scene.signal = SIGFPE;
  scene.code = 1;
  check(scene, CrashClass::kArithmetic, 0.95);
  scene.signal = SIGILL;
  check(scene, CrashClass::kIllegalInstruction, 0.95);
  scene.signal = SIGTRAP;
  check(scene, CrashClass::kTrap, 0.95);
  scene.signal = SIGSYS;
  scene.system_call = 41;
  check(scene, CrashClass::kSeccomp, 0.95);
  CHECK(classify(scene).evidence.front().find("socket") != std::string::npos);
  scene.signal = SIGPWR;
  check(scene, CrashClass::kUnknown, 0, 0.5);
}

TEST_CASE("a damaged head, or a fault of the recorder's own, lets no verdict be sure") {
  trace::Crash crash;
  crash.head_whole = false;
  CrashScene scene = fault(0);
  scene.crash = &crash;
  check(scene, CrashClass::kNullDereference, 0, 0.5);
  crash.head_whole = true;
  scene.flags = ring::kCrashInRecorder;
  check(scene, CrashClass::kUnknown, 0, 0.5);
}

TEST_CASE("every class has a name of its own") {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(CrashClass::kUnknown); ++i) {
    names.insert(name_of(static_cast<CrashClass>(i)));
  }
  CHECK(names.size() == 21);
}
