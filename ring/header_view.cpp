// SPDX-License-Identifier: Apache-2.0
// The rules of docs/file-format.md, section "Header", in their order.
#include "ring/header_view.hpp"

#include <algorithm>
#include <cstring>

#include "ring/checksum.hpp"
#include "ring/shared_words.hpp"

namespace dbgtrace::ring {
namespace {

struct SectionRule {
  const char* name;
  uint32_t entry_bytes;  // 0: not fixed
};
constexpr SectionRule kRules[kSectionCount] = {
    {"series", sizeof(SeriesPoint)},
    {"threads", sizeof(Thread)},
    {"modules", sizeof(Module)},
    {"strings", 1},
    {"sites", sizeof(Site)},
    {"histories", sizeof(History)},
    {"stacks", 8},
    {"live", sizeof(Live)},
    {"freed", sizeof(Freed)},
    {"open", 0},
    {"ring", 0},
    {"black box", 0},
};
constexpr uint32_t kMinOpenSlotBytes = sizeof(OpenBlock) + sizeof(Event);

HeaderReport problem(const char* text, uint64_t offset_bytes, uint64_t expected, uint64_t found) {
  HeaderReport report;
  report.problem = text;
  report.offset_bytes = offset_bytes;
  report.expected = expected;
  report.found = found;
  return report;
}

HeaderReport check_section(const Header& header, uint32_t index) {
  const Section& section = header.sections[index];
  const uint64_t at = offsetof(Header, sections) + index * sizeof(Section);
  if (section.size_bytes == 0) return {};
  if (section.offset_bytes % 8 != 0)
    return problem("its offset is no multiple of 8", at, 0, section.offset_bytes);
  if (section.offset_bytes < kHeaderBytes) {
    return problem("it begins inside the header", at, kHeaderBytes, section.offset_bytes);
  }
  if (section.offset_bytes > header.file_bytes ||
      section.size_bytes > header.file_bytes - section.offset_bytes) {
    return problem("it ends behind the file", at + 8, header.file_bytes, section.size_bytes);
  }
  const uint32_t fixed = kRules[index].entry_bytes;
  if (fixed != 0 && section.entry_bytes != fixed) {
    return problem("its entries have another size", at + 16, fixed, section.entry_bytes);
  }
  const auto kind = static_cast<SectionKind>(index);
  if (kind == SectionKind::kOpenBlocks &&
      (section.entry_bytes < kMinOpenSlotBytes || section.entry_bytes % 8 != 0 ||
       section.entry_bytes > kMaxOpenBlockBytes)) {
    return problem("its entries have an impossible size", at + 16, kMaxOpenBlockBytes,
                   section.entry_bytes);
  }
  if (kind == SectionKind::kRing && section.size_bytes % kBlockAlign != 0) {
    return problem("its size is no multiple of 64", at + 8,
                   section.size_bytes / kBlockAlign * kBlockAlign, section.size_bytes);
  }
  const bool raw = kind == SectionKind::kRing || kind == SectionKind::kBlackBox;
  if (!raw && section.capacity > section.size_bytes / section.entry_bytes) {
    return problem("it has more entries than fit", at + 20,
                   section.size_bytes / section.entry_bytes, section.capacity);
  }
  for (uint32_t other = 0; other < index; ++other) {
    const Section& before = header.sections[other];
    if (before.size_bytes != 0 && section.offset_bytes < before.offset_bytes + before.size_bytes &&
        before.offset_bytes < section.offset_bytes + section.size_bytes) {
      return problem("it overlaps another section", at, before.offset_bytes + before.size_bytes,
                     section.offset_bytes);
    }
  }
  return {};
}

HeaderReport check_fields(const Header& header) {
  if (header.version != kVersion)
    return problem("its version is unknown", offsetof(Header, version), kVersion, header.version);
  if (header.header_bytes != kHeaderBytes) {
    return problem("its header has another size", offsetof(Header, header_bytes), kHeaderBytes,
                   header.header_bytes);
  }
  if (header.file_bytes < kMinFileBytes || header.file_bytes > kMaxFileBytes) {
    const bool small = header.file_bytes < kMinFileBytes;
    return problem("its size is impossible", offsetof(Header, file_bytes),
                   small ? kMinFileBytes : kMaxFileBytes, header.file_bytes);
  }
  for (uint32_t index = 0; index < kSectionCount; ++index) {
    HeaderReport report = check_section(header, index);
    if (report.problem == nullptr) continue;
    report.section = kRules[index].name;
    return report;
  }
  return {};
}

}  // namespace

const char* section_name(SectionKind kind) { return kRules[static_cast<uint32_t>(kind)].name; }

uint32_t static_checksum(const Header& header) {
  static constexpr uint32_t kZero = 0;
  constexpr size_t kAfter = offsetof(Header, static_checksum) + sizeof(kZero);
  uint32_t crc = crc32c(&header, offsetof(Header, static_checksum));
  crc = crc32c(&kZero, sizeof(kZero), crc);
  return crc32c(reinterpret_cast<const std::byte*>(&header) + kAfter, kStaticHeaderBytes - kAfter,
                crc);
}

HeaderReport read_header(std::span<const std::byte> file, Header& header) {
  HeaderReport report;
  if (file.size() < sizeof(kMagic) || std::memcmp(file.data(), kMagic, sizeof(kMagic)) != 0) {
    report = problem("it does not begin with \"DBGTRACE\"", 0, kHeaderBytes, file.size());
    report.foreign = true;
    return report;
  }
  if (file.size() < kHeaderBytes) {
    return problem("it ends inside its header", file.size(), kHeaderBytes, file.size());
  }
  header = load_entry<Header>(file.data());
  header.exe[sizeof(header.exe) - 1] = '\0';
  header.host[sizeof(header.host) - 1] = '\0';
  header.cmdline[sizeof(header.cmdline) - 2] = header.cmdline[sizeof(header.cmdline) - 1] = '\0';
  report = check_fields(header);
  report.checksum_fits = header.static_checksum == static_checksum(header);
  return report;
}

std::span<const std::byte> section_bytes(std::span<const std::byte> file, const Header& header,
                                         SectionKind kind) {
  const Section& section = section_of(header, kind);
  if (section.offset_bytes >= file.size()) return {};
  return file.subspan(section.offset_bytes,
                      std::min<uint64_t>(section.size_bytes, file.size() - section.offset_bytes));
}

uint32_t entries_in(std::span<const std::byte> bytes, const Section& section) {
  if (section.entry_bytes == 0) return 0;
  return static_cast<uint32_t>(
      std::min<uint64_t>(section.capacity, bytes.size() / section.entry_bytes));
}

}  // namespace dbgtrace::ring
