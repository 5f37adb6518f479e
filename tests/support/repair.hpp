// SPDX-License-Identifier: Apache-2.0
// Makes the checksums of a changed recording fit again, as somebody who forges a file would: behind
// them lies the code that random changes never reach.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "ring/checksum.hpp"
#include "ring/crash_layout.hpp"
#include "ring/header_view.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::tests {

class Repair {
 public:
  explicit Repair(std::vector<std::byte>& file) : file_(file) {}

  void run() {
    if (file_.size() < ring::kHeaderBytes || ring::read_header(file_, header_).problem != nullptr)
      return;
    const uint32_t checksum = ring::static_checksum(header_);
    std::memcpy(file_.data() + offsetof(ring::Header, static_checksum), &checksum,
                sizeof(checksum));
    repair_modules();
    repair_sites();
    repair_ring();
    repair_black_box();
  }

 private:
  struct Table {
    std::byte* begin;
    size_t size_bytes;
  };
  Table table(ring::SectionKind kind) {
    const auto bytes = ring::section_bytes(file_, header_, kind);
    return {file_.data() + ring::section_of(header_, kind).offset_bytes, bytes.size()};
  }

  void repair_modules() {
    const Table modules = table(ring::SectionKind::kModules);
    const Table strings = table(ring::SectionKind::kStrings);
    for (size_t at = 0; at + sizeof(ring::Module) <= modules.size_bytes;
         at += sizeof(ring::Module)) {
      ring::Module module;
      std::memcpy(&module, modules.begin + at, sizeof(module));
      if (module.checksum == 0) continue;
      const uint64_t unload_us = module.unload_us;
      module.unload_us = 0;
      module.checksum = 0;
      module.checksum = ring::nonzero(ring::crc32c(&module, sizeof(module)));
      module.unload_us = unload_us;
      std::memcpy(modules.begin + at, &module, sizeof(module));
      if (uint64_t{module.path} + 8 > strings.size_bytes) continue;
      std::byte* text = strings.begin + module.path;
      uint32_t length;
      std::memcpy(&length, text + 4, 4);
      if (length > strings.size_bytes - module.path - 8) continue;
      const uint32_t checksum = ring::nonzero(ring::crc32c(text + 4, 4 + length));
      std::memcpy(text, &checksum, 4);
    }
  }

  void repair_sites() {
    const Table sites = table(ring::SectionKind::kSites);
    for (size_t at = 0; at + sizeof(ring::Site) <= sites.size_bytes; at += sizeof(ring::Site)) {
      ring::Site site;
      std::memcpy(&site, sites.begin + at, sizeof(site));
      uint32_t reference = site.stack;
      for (uint32_t link = 0; link <= ring::kMaxChain && reference != 0; ++link)
        reference = repair_stack(reference);
    }
  }

  // Returns the parent.
  uint32_t repair_stack(uint32_t reference) {
    const Table arena = table(ring::SectionKind::kStacks);
    const uint64_t at = uint64_t{reference} * 8;
    ring::Stack stack;
    if (at + sizeof(stack) > arena.size_bytes) return 0;
    std::memcpy(&stack, arena.begin + at, sizeof(stack));
    const uint64_t size_bytes = sizeof(stack) - 4 + uint64_t{stack.new_frames} * 8;
    if (at + 4 + size_bytes > arena.size_bytes) return 0;
    stack.checksum = ring::nonzero(ring::crc32c(arena.begin + at + 4, size_bytes));
    std::memcpy(arena.begin + at, &stack.checksum, sizeof(stack.checksum));
    return stack.parent;
  }

  void repair_ring() {
    const Table ring_bytes = table(ring::SectionKind::kRing);
    for (size_t at = 0; at + sizeof(ring::SealedBlock) <= ring_bytes.size_bytes;
         at += ring::kBlockAlign) {
      ring::SealedBlock block;
      std::memcpy(&block, ring_bytes.begin + at, sizeof(block));
      if (block.magic != ring::kSealedMagic) continue;
      if (block.compressed_bytes > ring_bytes.size_bytes - at - sizeof(block)) continue;
      block.salt = header_.salt;
      block.checksum = 0;
      block.checksum = ring::crc32c(ring_bytes.begin + at + sizeof(block), block.compressed_bytes,
                                    ring::crc32c(&block, sizeof(block)));
      std::memcpy(ring_bytes.begin + at, &block, sizeof(block));
    }
  }

  void repair_black_box() {
    const Table box = table(ring::SectionKind::kBlackBox);
    if (box.size_bytes < ring::kBlackBoxHeadBytes) return;
    ring::BlackBox head;
    std::memcpy(&head, box.begin, sizeof(head));
    if (head.magic != ring::kBlackBoxMagic) return;
    head.version = ring::kBlackBoxVersion;
    head.salt = header_.salt;
    constexpr size_t kSkipped = offsetof(ring::CrashHead, record);
    head.crash.checksum = ring::nonzero(ring::crc32c(
        reinterpret_cast<std::byte*>(&head.crash) + kSkipped, sizeof(head.crash) - kSkipped));
    std::memcpy(box.begin, &head, sizeof(head));
    for (size_t at = ring::kBlackBoxHeadBytes; at + sizeof(ring::Part) <= box.size_bytes; at += 8) {
      ring::Part part;
      std::memcpy(&part, box.begin + at, sizeof(part));
      if (part.magic != ring::kPartMagic) continue;
      if (part.stored_bytes > box.size_bytes - at - sizeof(part)) continue;
      part.checksum = 0;
      const uint32_t salted = ring::crc32c(&header_.salt, sizeof(header_.salt));
      part.checksum = ring::nonzero(ring::crc32c(box.begin + at + sizeof(part), part.stored_bytes,
                                                 ring::crc32c(&part, sizeof(part), salted)));
      std::memcpy(box.begin + at, &part, sizeof(part));
    }
  }

  std::vector<std::byte>& file_;
  ring::Header header_{};
};

inline void repair(std::vector<std::byte>& file) { Repair(file).run(); }

}  // namespace dbgtrace::tests
