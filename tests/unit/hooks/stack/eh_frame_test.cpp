// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/eh_frame.hpp"

#include <dlfcn.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tests/unit/hooks/stack/eh_frame_image.hpp"

using namespace dbgtrace::hooks::stack;
using eh_frame_image::Bytes;
using eh_frame_image::Image;
using eh_frame_image::Options;

namespace {

Rule rule_at_offset(const Image& image, size_t offset) {
  return rule_from_eh_frame(image.object(), image.pc(offset));
}

Rule rule_for(const Bytes& instructions, size_t offset = 0, const Options& options = {}) {
  const Image image(instructions, options);
  return rule_at_offset(image, offset);
}

const Bytes kPltExpression{0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};

Bytes with_plt_literal(uint8_t literal) {
  Bytes instructions{0x0f, 11};
  instructions.insert(instructions.end(), kPltExpression.begin(), kPltExpression.end());
  instructions[2 + 6] = literal;
  return instructions;
}

}  // namespace

TEST_CASE("each pc of a function gets the row that is in force there") {
  // push %rbp; mov %rsp,%rbp; ...; leave; ret
  const Image image({0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x50, 0x0c, 7, 8, 0xc6});
  CHECK(rule_at_offset(image, 0) == Rule(RuleKind::kRsp, 8, 0));
  CHECK(rule_at_offset(image, 1) == Rule(RuleKind::kRsp, 16, 2));
  CHECK(rule_at_offset(image, 3) == Rule(RuleKind::kRsp, 16, 2));
  CHECK(rule_at_offset(image, 4) == Rule(RuleKind::kRbp, 16, 2));
  CHECK(rule_at_offset(image, 19) == Rule(RuleKind::kRbp, 16, 2));
  CHECK(rule_at_offset(image, 20) == Rule(RuleKind::kRsp, 8, 0));
  CHECK(rule_at_offset(image, eh_frame_image::kCodeBytes - 1) == Rule(RuleKind::kRsp, 8, 0));
}

TEST_CASE("a pc outside of every function has no information") {
  const Image image({});
  CHECK(rule_at_offset(image, static_cast<size_t>(-1)) == Rule::no_cfi());
  CHECK(rule_at_offset(image, eh_frame_image::kCodeBytes) == Rule::no_cfi());
  CHECK(starts_function(image.object(), image.pc(0)));
  CHECK_FALSE(starts_function(image.object(), image.pc(1)));
}

TEST_CASE("frame information outside of its range is not touched") {
  const Image image({});
  CodeObject object = image.object();
  object.map_start = object.map_end = 0;  // where the code lies does not matter
  CHECK(rule_from_eh_frame(object, image.pc(0)) == Rule(RuleKind::kRsp, 8, 0));
  object.cfi_end = object.eh_frame_hdr + 64;  // the table, but not the entries
  CHECK(rule_from_eh_frame(object, image.pc(0)) == Rule::no_cfi());
  object.cfi_end = object.cfi_start = 0;
  CHECK(rule_from_eh_frame(object, image.pc(0)) == Rule::no_cfi());
}

TEST_CASE("long advances and remembered rows are followed") {
  const Image image(
      {0x02, 0x20, 0x0a, 0x0e, 32, 0x03, 0x20, 0, 0x0b, 0x04, 0x20, 0, 0, 0, 0x0e, 48});
  CHECK(rule_at_offset(image, 0x1f) == Rule(RuleKind::kRsp, 8, 0));
  CHECK(rule_at_offset(image, 0x20) == Rule(RuleKind::kRsp, 32, 0));
  CHECK(rule_at_offset(image, 0x40) == Rule(RuleKind::kRsp, 8, 0));
  CHECK(rule_at_offset(image, 0x60) == Rule(RuleKind::kRsp, 48, 0));
}

TEST_CASE("signed and extended forms say the same as the usual ones") {
  CHECK(rule_for({0x12, 6, 0x7e}) == Rule(RuleKind::kRbp, 16, 0));       // def_cfa_sf rbp, -2 * -8
  CHECK(rule_for({0x13, 0x7d}) == Rule(RuleKind::kRsp, 24, 0));          // def_cfa_offset_sf
  CHECK(rule_for({0x05, 6, 2}) == Rule(RuleKind::kRsp, 8, 2));           // offset_extended
  CHECK(rule_for({0x11, 6, 2}) == Rule(RuleKind::kRsp, 8, 2));           // offset_extended_sf
  CHECK(rule_for({0x05, 6, 2, 0x06, 6}) == Rule(RuleKind::kRsp, 8, 0));  // restore_extended
  CHECK(rule_for({0x05, 6, 2, 0x08, 6}) == Rule(RuleKind::kRsp, 8, 0));  // same_value
  CHECK(rule_for({0x2e, 0x20, 0x0e, 16}) == Rule(RuleKind::kRsp, 16, 0));  // GNU_args_size
  CHECK(rule_for({0x83, 9, 0x09, 3, 0}) == Rule(RuleKind::kRsp, 8, 0));    // rbx does not matter
}

TEST_CASE("an undefined return address marks the outermost frame") {
  CHECK(rule_for({0x07, 16}) == Rule::outermost());
}

TEST_CASE("the linker's expression for linkage stubs is known with each of its constants") {
  for (const uint8_t byte : {9, 10, 11}) {
    CHECK(rule_for(with_plt_literal(static_cast<uint8_t>(0x30 + byte))) ==
          Rule(RuleKind::kPlt, 0, byte));
  }
  CHECK(rule_for(with_plt_literal(0x22)) == Rule::complex());
}

TEST_CASE("a realigned frame is known by its expressions") {
  const Bytes drap{0x10, 6, 2, 0x76, 0, 0x0f, 3, 0x76, 0x78, 0x06};
  CHECK(rule_for(drap) == Rule(RuleKind::kDrap, 8, 1));
  CHECK(rule_for({0x0f, 3, 0x76, 0x58, 0x06}) == Rule(RuleKind::kDrap, 40, 0));
}

TEST_CASE("of interrupted aarch64 code each pc tells where the caller's registers are") {
  Options options;
  options.initial = {0x0c, 31, 0};  // CFA = sp
  options.return_register = 30;
  // stp x29, x30, [sp, #-32]!; mov x29, sp; ...; autiasp; ...
  const Image image({0x44, 0x0e, 32,   0x9d, 4,  0x9e, 3,    0x44, 0x0d, 29,   0x48, 0x2d,
                     0x44, 0xde, 0xdd, 0x0c, 31, 0,    0x44, 0x0f, 2,    0x8f, 0},
                    options);
  const auto at = [&image](size_t offset) {
    InterruptedFrame frame{};
    REQUIRE(interrupted_frame(image.object(), image.pc(offset), frame));
    return frame;
  };
  for (const size_t leaf : {0, 3, 20, 23}) {
    CHECK_FALSE(at(leaf).cfa_from_fp);
    CHECK_FALSE(at(leaf).return_saved);
    CHECK_FALSE(at(leaf).fp_saved);
    CHECK(at(leaf).cfa_offset == 0);
  }
  for (const size_t inside : {4, 8, 16}) {
    CHECK(at(inside).cfa_from_fp == (inside >= 8));
    CHECK(at(inside).cfa_offset == 32);
    CHECK((at(inside).return_saved && at(inside).fp_saved));
    CHECK(at(inside).return_offset == uint64_t{0} - 24);
    CHECK(at(inside).fp_offset == uint64_t{0} - 32);
  }
  InterruptedFrame frame;
  CHECK_FALSE(interrupted_frame(image.object(), image.pc(24), frame));  // by an expression
  CHECK_FALSE(interrupted_frame(image.object(), image.pc(eh_frame_image::kCodeBytes), frame));
}

TEST_CASE("a signal trampoline is known by its augmentation") {
  Options options;
  options.augmentation = "zRS";
  CHECK(rule_for({}, 0, options) == Rule(RuleKind::kSigframe, 0, 0));
}

TEST_CASE("personality and language data are passed over") {
  Options options;
  options.augmentation = "zPLR";
  options.augmentation_data = {0x9b, 1, 2, 3, 4, 0x1b, 0x1b};
  CHECK(rule_for({0x0e, 64}, 0, options) == Rule(RuleKind::kRsp, 64, 0));
}

TEST_CASE("what a rule cannot hold is told from what makes no sense") {
  CHECK(rule_for({0x0c, 10, 0}) == Rule::complex());          // CFA in r10
  CHECK(rule_for({0x0e, 12}) == Rule::complex());             // not a multiple of 8
  CHECK(rule_for({0x86, 0x80, 0x02}) == Rule::complex());     // rbp 2 KiB below the CFA
  CHECK(rule_for({0x09, 16, 5}) == Rule::complex());          // return address in rdi
  CHECK(rule_for({0x90, 2}) == Rule::complex());              // return address at CFA-16
  CHECK(rule_for({0x16, 6, 2, 0x76, 8}) == Rule::complex());  // rbp by value
  CHECK(rule_for({0x0f, 2, 0x77, 8}) == Rule::complex());     // CFA by another expression
  CHECK(rule_for({0x0b}) == Rule::complex());                 // nothing remembered
  CHECK(rule_for({0x3c}) == Rule::complex());                 // unknown instruction
  CHECK(rule_for({0x2d}) == Rule::complex());              // signed return address: aarch64 alone
  CHECK(rule_for(Bytes(20, 0x0a)) == Rule::complex());     // remembers too much
  CHECK(rule_for({0x0f, 0x7f, 0x77}) == Rule::complex());  // expression beyond its entry
  Options unknown;
  unknown.augmentation = "zRQ";
  CHECK(rule_for({}, 0, unknown) == Rule::no_cfi());
  Options other_table;
  other_table.table_encoding = 0x1b;
  CHECK(rule_for({}, 0, other_table) == Rule::no_cfi());
}

namespace {

// A copy of a readable range between two pages that must not be touched.
class Fenced {
 public:
  explicit Fenced(size_t size) : size_(size) {
    const size_t pages = (size + 4095) / 4096 * 4096;
    base_ = static_cast<char*>(
        mmap(nullptr, pages + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + 4096, pages, PROT_READ | PROT_WRITE);
    end_ = base_ + 4096 + pages;
    mapped_ = pages + 8192;
  }
  ~Fenced() { munmap(base_, mapped_); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  uint8_t* data() { return reinterpret_cast<uint8_t*>(end_ - size_); }  // ends at the fence

 private:
  size_t size_;
  size_t mapped_;
  char* base_;
  char* end_;
};

}  // namespace

TEST_CASE("damaged information is never read beyond its object") {
  std::mt19937 random(20240607);
  const Bytes instructions{0x41, 0x0e, 16, 0x86, 2,    0x43, 0x0d, 6,    0x10, 6,    2, 0x76,
                           0,    0x0f, 3,  0x76, 0x78, 0x06, 0x0a, 0x50, 0x0b, 0x2e, 4};
  Fenced fenced(eh_frame_image::kImageBytes);
  for (int round = 0; round < 60'000; ++round) {
    Image image(instructions);
    std::memcpy(fenced.data(), image.bytes().data(), eh_frame_image::kImageBytes);
    for (unsigned i = 0; i < 1 + random() % 4; ++i) {
      const size_t at = random() % 3 == 0 ? random() % 20 : 0x100 + random() % 0x60;
      fenced.data()[at] = random() % 4 == 0 ? 0xff : static_cast<uint8_t>(random());
    }
    const auto start = reinterpret_cast<uintptr_t>(fenced.data());
    const size_t cut = random() % 8 == 0 ? random() % eh_frame_image::kImageBytes : 0;
    // Cut from below: the entries then lie outside of what the object says it maps.
    const CodeObject object{.cfi_start = start + cut,
                            .cfi_end = start + eh_frame_image::kImageBytes,
                            .eh_frame_hdr = start + cut};
    const Rule rule =
        rule_from_eh_frame(object, start + eh_frame_image::kCodeAt + random() % 0x110);
    REQUIRE_FALSE(rule.empty());
  }
}

namespace {

struct Counts {
  unsigned known = 0;
  unsigned complex = 0;
};

// Of the C library's code, sampled at an interval that meets all of an instruction's bytes.
template <typename Look>
Counts count_libc(Look look) {
  set_dl_find_object(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  refresh_objects(SystemCalls::kAllowed);
  CodeObject libc;
  REQUIRE(find_object(reinterpret_cast<uintptr_t>(&qsort), libc));
  Counts counts;
  for (uintptr_t pc = libc.map_start; pc < libc.map_end; pc += 5) look(libc, pc, counts);
  return counts;
}

}  // namespace

#if defined(__x86_64__)
TEST_CASE("every function of the C library has a rule that the encoding holds, but for a few") {
  const Counts counts = count_libc([](const CodeObject& libc, uintptr_t pc, Counts& so_far) {
    const Rule rule = rule_from_eh_frame(libc, pc);
    if (rule == Rule::complex()) {
      ++so_far.complex;
    } else if (rule.kind() != RuleKind::kNoCfi) {
      ++so_far.known;
    }
  });
  CHECK(counts.known > 100'000);
  CHECK(counts.complex < counts.known / 1000);
}
#elif defined(__aarch64__)
TEST_CASE("wherever the C library is interrupted its caller is known, but for a few places") {
  const Counts counts = count_libc([](const CodeObject& libc, uintptr_t pc, Counts& so_far) {
    InterruptedFrame frame;
    if (interrupted_frame(libc, pc, frame)) {
      ++so_far.known;
    } else if (rule_from_eh_frame(libc, pc).kind() != RuleKind::kNoCfi) {
      ++so_far.complex;  // an entry of the table, but no simple row
    }
  });
  CHECK(counts.known > 100'000);
  CHECK(counts.complex < counts.known / 1000);
}
#endif
