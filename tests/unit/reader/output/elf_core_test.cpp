// SPDX-License-Identifier: Apache-2.0
// An exported core as libelf reads it; what a debugger makes of one is an integration test.
#include "reader/output/elf_core.hpp"

#include <gelf.h>

#include <catch2/catch.hpp>
#include <map>

#include "reader/analysis/loader_image.hpp"
#include "reader/trace/load.hpp"
#include "tests/support/crash_example.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;
using analysis::CoreSegment;

namespace {

CoreSegment piece(uint64_t address, std::initializer_list<int> bytes) {
  CoreSegment segment;
  segment.address = address;
  for (const int byte : bytes) segment.bytes.push_back(static_cast<std::byte>(byte));
  return segment;
}

std::vector<int> values(const CoreSegment& segment) {
  std::vector<int> result;
  for (const std::byte byte : segment.bytes) result.push_back(static_cast<int>(byte));
  return result;
}

struct Notes {
  explicit Notes(std::string& core) {
    elf_version(EV_CURRENT);
    Elf* elf = elf_memory(core.data(), core.size());
    REQUIRE(elf != nullptr);
    GElf_Ehdr header;
    REQUIRE(gelf_getehdr(elf, &header) != nullptr);
    type = header.e_type;
    size_t count = 0;
    REQUIRE(elf_getphdrnum(elf, &count) == 0);
    for (size_t i = 0; i < count; ++i) {
      GElf_Phdr segment;
      REQUIRE(gelf_getphdr(elf, static_cast<int>(i), &segment) != nullptr);
      CHECK(segment.p_offset + segment.p_filesz <= core.size());
      if (segment.p_type == PT_LOAD) loads[segment.p_vaddr] = segment;
      if (segment.p_type != PT_NOTE) continue;
      Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<int64_t>(segment.p_offset),
                                            segment.p_filesz, ELF_T_NHDR);
      size_t at = 0, name = 0, content = 0;
      GElf_Nhdr note;
      while ((at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
        const char* begin = static_cast<const char*>(data->d_buf) + content;
        notes.emplace_back(note.n_type, std::string(begin, note.n_descsz));
      }
    }
    elf_end(elf);
  }
  std::string first(uint32_t wanted) const {
    for (const auto& [kind, content] : notes) {
      if (kind == wanted) return content;
    }
    return "";
  }
  template <typename Value>
  Value value(uint32_t kind, size_t offset) const {
    Value result;
    const std::string content = first(kind);
    REQUIRE(content.size() >= offset + sizeof(result));
    std::memcpy(&result, content.data() + offset, sizeof(result));
    return result;
  }

  int type = 0;
  std::map<uint64_t, GElf_Phdr> loads;
  std::vector<std::pair<uint32_t, std::string>> notes;
};

trace::Trace example() {
  return std::move(*trace::load_image(tests::make_crash_example().finish(), "x.dbgt"));
}

}  // namespace

TEST_CASE("pieces of memory that overlap become segments that do not, the first ones winning") {
  const auto merged =
      analysis::merge_segments({piece(10, {1, 2, 3, 4}), piece(8, {9, 9, 9, 9, 9, 9, 9, 9}),
                                piece(20, {5}), piece(11, {7})});
  REQUIRE(merged.size() == 4);
  CHECK(merged[0].address == 8);
  CHECK(values(merged[0]) == std::vector<int>{9, 9});
  CHECK(values(merged[1]) == std::vector<int>{1, 2, 3, 4});
  CHECK(merged[2].address == 14);
  CHECK(values(merged[2]) == std::vector<int>{9, 9});
  CHECK(values(merged[3]) == std::vector<int>{5});
  CHECK(analysis::merge_segments({}).empty());
}

TEST_CASE("any number of pieces in the worst order become segments in theirs") {
  constexpr uint64_t kPieces = 200'000;
  std::vector<analysis::CoreSegment> pieces;
  for (uint64_t i = kPieces; i > 0; --i) pieces.push_back(piece(16 * i, {1}));
  const auto merged = analysis::merge_segments(std::move(pieces));
  REQUIRE(merged.size() == kPieces);
  CHECK(merged.front().address == 16);
  CHECK(merged.back().address == 16 * kPieces);
}

TEST_CASE("a core has the threads' registers where the kernel puts them") {
  const trace::Trace trace = example();
  std::string core = output::elf_core(*analysis::core_contents(trace, {}));
  const Notes notes(core);
  CHECK(notes.type == ET_CORE);
  CHECK(notes.first(NT_PRSTATUS).size() == 336);
  CHECK(notes.value<int32_t>(NT_PRSTATUS, 0) == SIGSEGV);
  CHECK(notes.value<uint32_t>(NT_PRSTATUS, 32) == 4242);
  CHECK(notes.value<uint64_t>(NT_PRSTATUS, 112 + 16 * 8) == 0x400150);              // rip
  CHECK(notes.value<uint64_t>(NT_PRSTATUS, 112 + 19 * 8) == tests::kExampleStack);  // rsp
  CHECK(notes.value<uint64_t>(NT_PRSTATUS, 112 + 10 * 8) == tests::kFreedBlock);    // rax
  CHECK(notes.first(NT_FPREGSET).size() == 512);
  CHECK(notes.first(NT_SIGINFO).size() == 128);
  CHECK(notes.first(NT_PRPSINFO).size() == 136);
  CHECK(notes.first(NT_PRPSINFO).substr(40, 8) == std::string("example\0", 8));
  CHECK(notes.value<uint64_t>(NT_FILE, 0) == 3);
  CHECK(std::count_if(notes.notes.begin(), notes.notes.end(),
                      [](const auto& note) { return note.first == NT_PRSTATUS; }) == 3);
  REQUIRE(notes.loads.count(tests::kExampleStack) == 1);
  CHECK(notes.loads.at(tests::kExampleStack).p_filesz == 32);
}

TEST_CASE("the loader's list is made anew where nothing was mapped") {
  const trace::Trace trace = example();
  symbols::ElfLayout layout;
  layout.entry = 0x1000;
  layout.program_headers = 0x40;
  layout.program_header_count = 9;
  layout.dynamic = 0x2000;
  layout.debug_entry = 0x2100;
  const analysis::MemoryMap map(tests::kExampleMaps);
  const auto image =
      analysis::loader_image(trace, map, [&](const trace::Module&) { return layout; });
  REQUIRE(image.segments.size() == 2);
  const auto word = [](const CoreSegment& segment, size_t index) {
    uint64_t value;
    std::memcpy(&value, segment.bytes.data() + index * 8, 8);
    return value;
  };
  const CoreSegment& entry = image.segments[0];
  const CoreSegment& list = image.segments[1];
  const uint64_t bias = trace.modules[0].bias;
  CHECK(entry.address == bias + 0x2100);
  CHECK(word(entry, 0) == 21);  // DT_DEBUG
  CHECK(word(entry, 1) == list.address);
  CHECK(map.at(list.address) == nullptr);
  CHECK(word(list, 0) == 1);
  const uint64_t first = word(list, 1);
  CHECK(first == list.address + 40);
  CHECK(word(list, 5) == bias);
  CHECK(word(list, 7) == bias + 0x2000);
  CHECK(word(list, 8) == first + 40);  // the next
  CHECK(word(list, 10) == trace.modules[1].bias);
  const uint64_t name = word(list, 11);
  CHECK(std::string(reinterpret_cast<const char*>(list.bytes.data()) + (name - list.address)) ==
        "/usr/lib/libexample.so.1");
  CHECK(word(list, 13) == 0);  // the last
  const auto none =
      analysis::loader_image(trace, map, [](const trace::Module&) { return std::nullopt; });
  CHECK(none.segments.empty());
}

TEST_CASE("a recording without a crash gives no core") {
  const auto trace = trace::load_image(tests::make_example().finish(), "x.dbgt");
  CHECK_FALSE(analysis::core_contents(*trace, {}));
}
