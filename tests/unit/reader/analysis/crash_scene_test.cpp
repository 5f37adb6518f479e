// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_scene.hpp"

#include <catch2/catch.hpp>

#include <cstring>

#include "reader/analysis/crash_class.hpp"
#include "reader/trace/load.hpp"
#include "tests/support/crash_example.hpp"
#include "tests/support/kept_text.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;
using analysis::Access;
using analysis::CrashClass;
using analysis::CrashScene;

namespace {

// Names every address of the program after its hundreds: "f1" for 0x4001xx; 0x4007xx is Go's.
struct Scene {
  explicit Scene(tests::RecordingBuilder& builder)
      : trace(std::move(*trace::load_image(file = builder.finish(), "x.dbgt"))),
        resolver(
            trace,
            [this](const symbols::ModuleKey& key, uint64_t address) -> auto& {
              answer.resize(1);
              answer[0].function = dbgtrace::tests::kept("f" + std::to_string(address >> 8));
              if (address >> 8 == 7) answer[0].function = "runtime.sigpanic";
              answer[0].module = dbgtrace::tests::kept(key.path);
              return answer;
            }),
        scene(analysis::scene_of(trace, resolver)) {}

  std::vector<std::byte> file;
  trace::Trace trace;
  std::vector<symbols::Frame> answer;
  analysis::Resolver resolver;
  CrashScene scene;
};

tests::RecordingBuilder faulting(uint64_t trap, std::vector<uint8_t> code, int si_code) {
  tests::RecordingBuilder builder;
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  tests::BlackBoxBuilder box(builder);
  ring::CrashHead& head = box.begin_crash(SIGSEGV, si_code);
  head.trap_number = trap;
  head.registers[0] = 0x4141414141414141;
  head.registers[ring::kX86Rsp] = tests::kExampleStack;
  head.registers[ring::kX86Rip] = 0x400150;
  box.seal_head();
  box.add_memory(ring::MemoryOf::kCode, 0x400150, code);
  box.add_words(ring::MemoryOf::kStackOfThread, tests::kExampleStack, {0x4242424242424242, 0});
  box.add_stack(4242, {0x400150, 0x400250});
  return builder;
}

// The program raises a signal by itself at pc, a millisecond after its handler was given a fault at
// 0x400150.
ring::HandledFault& raise_behind_fault(tests::RecordingBuilder& builder,
                                       tests::BlackBoxBuilder& box, int signal, uint64_t pc) {
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  ring::CrashHead& head = box.begin_crash(signal, -6);
  head.sender_pid = 4242;
  head.registers[ring::kX86Rip] = pc;
  box.seal_head();
  auto& fault = box.box().handled[0];
  fault.last_code = 1;
  fault.count = 1;
  fault.last_us = head.time_us - 1000;
  fault.last_pc = 0x400150;
  fault.last_tid = 4242;
  fault.signal = SIGSEGV;
  return fault;
}

}  // namespace

TEST_CASE("a page fault says whether memory was read, written or executed") {
  auto builder = tests::make_crash_example();
  CHECK(Scene(builder).scene.access == Access::kRead);
  tests::BlackBoxBuilder box(builder);
  box.crash().error_code = 6;
  box.seal_head();
  CHECK(Scene(builder).scene.access == Access::kWrite);
  box.crash().error_code = 0x14;
  box.seal_head();
  CHECK(Scene(builder).scene.access == Access::kExecute);
}

TEST_CASE("the address of an access that the kernel does not tell is computed") {
  auto load = faulting(13, {0x48, 0x8b, 0x78, 0x18}, SI_KERNEL);  // mov rdi, [rax + 0x18]
  const Scene read(load);
  CHECK(read.scene.fault_address == 0x4141414141414141 + 0x18);
  CHECK(read.scene.address_computed);
  CHECK(read.scene.access == Access::kRead);
  auto call = faulting(13, {0xff, 0xd0}, SI_KERNEL);  // call rax
  CHECK(Scene(call).scene.access == Access::kExecute);
  auto back = faulting(13, {0xc3}, SI_KERNEL);  // ret
  CHECK(Scene(back).scene.fault_address == 0x4242424242424242);
  auto unknown = faulting(13, {0x90}, SI_KERNEL);
  CHECK_FALSE(Scene(unknown).scene.fault_address);
}

TEST_CASE("the address of a signal that was sent is not believed") {
  auto builder = faulting(0, {0x90}, 0);
  tests::BlackBoxBuilder box(builder);
  box.crash().fault_address = 0x3e8'0000'1234;
  box.crash().sender_pid = 4242;
  box.seal_head();
  const Scene sent(builder);
  CHECK_FALSE(sent.scene.fault_address);
  CHECK(sent.scene.by_itself);
  box.crash().sender_pid = 1;
  box.seal_head();
  CHECK_FALSE(Scene(builder).scene.by_itself);
}

TEST_CASE("a block counts as live only while the free that takes it is running") {
  const auto freed_below = [](uint64_t innermost) {
    tests::RecordingBuilder builder;
    builder.add_module("/usr/bin/example", 0x400000, 0x500000);
    builder.add_module("/usr/lib/libc.so.6", 0x7f0000000000, 0x7f0000100000);
    const uint32_t free_stack = builder.add_stack({0x400250, 0x400350});
    tests::BlackBoxBuilder box(builder);
    const ring::CrashHead& head = box.begin_crash(SIGSEGV, 1);
    ring::HeapPointer pointer{};
    pointer.value = pointer.block_address = tests::kFreedBlock;
    pointer.block_bytes = 64;
    pointer.free_us = head.time_us - 100;
    pointer.free_stack = free_stack;
    pointer.from = static_cast<uint16_t>(ring::PointerFrom::kRegister);
    pointer.state = static_cast<uint16_t>(ring::PointeeState::kFreed);
    box.seal_head();
    box.add_stack(4242, {innermost, 0x400250, 0x400350});
    box.add_entry(ring::PartKind::kHeapPointers, 0, pointer);
    return Scene(builder).scene.pointers.at(0).freed;
  };
  CHECK_FALSE(freed_below(0x7f0000000500));
  // A loop called one function, which ended by a jump to free(), and now another one.
  CHECK(freed_below(0x400150));
}

TEST_CASE("behind a handler that aborts lies the fault that it was given") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  auto& fault = raise_behind_fault(builder, box, SIGABRT, 0x400950);
  fault.last_address = 0x18;
  box.add_stack(4242, {0x400950, 0x400850, 0x400150, 0x400250}, 2);
  const Scene scene(builder);
  CHECK(scene.scene.reraised);
  CHECK(scene.scene.signal == SIGSEGV);
  CHECK(scene.scene.death_signal == SIGABRT);
  CHECK(scene.scene.fault_address == 0x18);
  CHECK(scene.scene.frame()->function == "f1");
  CHECK(analysis::classify(scene.scene).crash_class == CrashClass::kNullDereference);
  // The same fault in another place, or long before, has nothing to do with this abort.
  fault.last_pc = 0x400151;
  CHECK_FALSE(Scene(builder).scene.reraised);
  fault.last_pc = 0x400150;
  fault.last_us = 0;
  CHECK_FALSE(Scene(builder).scene.reraised);
}

TEST_CASE("the kernel's frame below a handler tells the fault, whatever the handler met since") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  auto& fault = raise_behind_fault(builder, box, SIGABRT, 0x400950);
  fault.last_pc = 0x400351;  // a probe of the handler's own
  box.crash().registers[ring::kX86Rsp] = 0x7ffc00000000;
  box.seal_head();
  box.add_stack(4242, {0x400950, 0x400850, 0x400150, 0x400250}, 2);
  std::vector<uint8_t> stack(1024);
  const auto put = [&stack](size_t at, uint64_t value) {
    std::memcpy(stack.data() + 128 + at, &value, sizeof(value));
  };
  put(168, 0x400150);  // rip
  put(192, 6);         // a write
  put(200, 14);        // a page fault
  put(304, SIGSEGV);
  put(312, 1);
  put(320, 0x18);
  box.add_memory(ring::MemoryOf::kStackOfThread, 0x7ffc00000000, stack);
  const Scene scene(builder);
  CHECK(scene.scene.reraised);
  CHECK(scene.scene.signal == SIGSEGV);
  CHECK(scene.scene.fault_address == 0x18);
  CHECK(scene.scene.access == analysis::Access::kWrite);
  CHECK(scene.scene.frame()->function == "f1");
  CHECK(analysis::classify(scene.scene).crash_class == CrashClass::kNullDereference);
}

TEST_CASE("a runtime that has left its handler for a function of its own is looked behind, too") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  auto& fault = raise_behind_fault(builder, box, SIGABRT, 0x400950);
  fault.last_address = 0x8;
  fault.last_tid = 0;  // the thread never allocated
  // raise, interrupted by its own signal, far above the fault
  box.add_stack(4242, {0x400950, 0x400940, 0x400750, 0x400150, 0x400250}, 1);
  const Scene scene(builder);
  CHECK(scene.scene.reraised);
  CHECK(scene.scene.signal == SIGSEGV);
  CHECK(scene.scene.fault_address == 0x8);
  CHECK(scene.scene.frame()->function == "f1");
  CHECK(analysis::classify(scene.scene).crash_class == CrashClass::kNullDereference);
  fault.last_tid = 4243;
  CHECK_FALSE(Scene(builder).scene.reraised);
}

TEST_CASE("a signal that a handler raised and that waited for its return is the fault once more") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  auto& fault = raise_behind_fault(builder, box, SIGSEGV, 0x400150);
  fault.last_address = 0x8;
  box.add_stack(4242, {0x400150, 0x400250}, 0);
  const Scene scene(builder);
  CHECK(scene.scene.reraised);
  CHECK(scene.scene.fault_address == 0x8);
  CHECK_FALSE(scene.scene.registers.empty());
  CHECK(analysis::classify(scene.scene).crash_class == CrashClass::kNullDereference);
  fault.last_pc = 0x400250;
  CHECK_FALSE(Scene(builder).scene.reraised);
}

TEST_CASE("the type of an exception is shown as it is written") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  box.begin_crash(SIGABRT, -6);
  box.seal_head();
  box.add_text(ring::TextKind::kExceptionType, "St13runtime_error");
  box.add_text(ring::TextKind::kAbortMessage, "a message\n");
  const Scene scene(builder);
  CHECK(scene.scene.exception_type == "std::runtime_error");
  CHECK(scene.scene.abort_message == "a message");
}

TEST_CASE("addresses beyond what the processor has are not canonical") {
  CHECK(analysis::is_canonical(0));
  CHECK(analysis::is_canonical(0x7fff'ffff'ffff));
  CHECK_FALSE(analysis::is_canonical(0x8000'0000'0000));
  CHECK(analysis::is_canonical(0xffff'8000'0000'0000));
  CHECK_FALSE(analysis::is_canonical(0x4141414141414141));
}
