// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/instruction.hpp"

#include <catch2/catch.hpp>

#include "ring/crash_layout.hpp"

using namespace dbgtrace;
using reader::analysis::Instruction;
using reader::analysis::InstructionKind;

namespace {

std::optional<Instruction> decoded(std::initializer_list<uint8_t> code,
                                   const std::vector<uint64_t>& registers,
                                   ring::Arch arch = ring::Arch::kX86_64) {
  const std::vector<uint8_t> bytes(code);
  return reader::analysis::decode(arch, std::as_bytes(std::span(bytes)), 0x400000, registers);
}

std::vector<uint64_t> registers() {
  std::vector<uint64_t> values(ring::kX86Registers);
  for (uint32_t i = 0; i < ring::kX86Registers; ++i) values[i] = 0x1000 * (i + 1);
  return values;
}

}  // namespace

TEST_CASE("a load computes its address from base, index and displacement") {
  const auto load =
      decoded({0x48, 0x8b, 0x44, 0x8f, 0x18}, registers());  // mov rax, [rdi+rcx*4+0x18]
  REQUIRE(load);
  REQUIRE(load->operands.size() == 1);
  CHECK(load->operands[0].address == 0x6000 + 0x3000 * 4 + 0x18);
  CHECK(load->operands[0].base == 5);
  CHECK(load->operands[0].index == 2);
  CHECK_FALSE(load->operands[0].written);
  CHECK(load->text == "mov rax, qword ptr [rdi + rcx*4 + 0x18]");
}

TEST_CASE("a store is told from a load, and an address from an access") {
  CHECK(decoded({0xc6, 0x00, 0x01}, registers())->operands[0].written);     // mov byte [rax], 1
  CHECK(decoded({0x48, 0x8d, 0x47, 0x08}, registers())->operands.empty());  // lea rax, [rdi+8]
}

TEST_CASE("an address relative to the instruction, or to the thread, is found") {
  const auto relative = decoded({0x48, 0x8b, 0x05, 0x10, 0, 0, 0}, registers());
  CHECK(relative->operands[0].address == 0x400000 + 7 + 0x10);
  const auto thread = decoded({0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0}, registers());
  CHECK(thread->operands[0].address == 0x1000 * (ring::kX86FsBase + 1) + 0x28);
}

TEST_CASE("calls, jumps and returns are known with their targets") {
  const auto call = decoded({0xff, 0xd0}, registers());  // call rax
  CHECK(call->kind == InstructionKind::kCall);
  CHECK(call->target == 0x1000);
  const auto through = decoded({0xff, 0x20}, registers());  // jmp [rax]
  CHECK(through->kind == InstructionKind::kJump);
  CHECK_FALSE(through->target);
  CHECK(through->operands[0].address == 0x1000);
  const auto back = decoded({0xc3}, registers());
  CHECK(back->kind == InstructionKind::kReturn);
  CHECK(back->operands[0].address == 0x8000);                              // rsp
  CHECK(decoded({0x50}, registers())->operands[0].address == 0x8000 - 8);  // push rax
}

TEST_CASE("instructions that must fault are known") {
  CHECK(decoded({0x0f, 0x0b}, registers())->kind == InstructionKind::kUndefined);
  CHECK(decoded({0xcc}, registers())->kind == InstructionKind::kBreakpoint);
  CHECK(decoded({0xf4}, registers())->kind == InstructionKind::kPrivileged);  // hlt
  CHECK(decoded({0x0f, 0x28, 0x00}, registers())->aligned_only);              // movaps xmm0, [rax]
}

TEST_CASE("of the other architecture too") {
  std::vector<uint64_t> values(ring::kAarch64Registers);
  values[1] = 0x5000;
  // ldr x0, [x1, #16]
  const auto load = decoded({0x20, 0x08, 0x40, 0xf9}, values, ring::Arch::kAarch64);
  REQUIRE(load);
  CHECK(load->operands[0].address == 0x5010);
  CHECK_FALSE(load->operands[0].written);
  // blr x1
  const auto call = decoded({0x20, 0x00, 0x3f, 0xd6}, values, ring::Arch::kAarch64);
  CHECK(call->target == 0x5000);
}

TEST_CASE("bytes that are no instruction, too few bytes and too few registers are no trouble") {
  CHECK_FALSE(decoded({0x06}, registers()));
  CHECK_FALSE(decoded({}, registers()));
  CHECK_FALSE(decoded({0x48, 0x8b}, registers()));
  CHECK(decoded({0x48, 0x8b, 0x07}, {})->operands[0].address == 0);
}
