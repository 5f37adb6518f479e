// SPDX-License-Identifier: Apache-2.0
// Puts a crash into a recording that is made by hand, byte by byte from docs/file-format.md and
// without the recorder's own writer.
#pragma once

#include <lz4.h>

#include <csignal>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ring/crash_layout.hpp"
#include "tests/support/recording_builder.hpp"

namespace dbgtrace::tests {

class BlackBoxBuilder {
 public:
  explicit BlackBoxBuilder(RecordingBuilder& recording) : recording_(recording) {
    box().magic = ring::kBlackBoxMagic;
    box().version = ring::kBlackBoxVersion;
    box().salt = RecordingBuilder::kSalt;
    // Of a recording that has one already, more is added.
    if (box().used_bytes == 0) box().used_bytes = ring::kBlackBoxHeadBytes;
  }

  ring::BlackBox& box() {
    return recording_.entry<ring::BlackBox>(ring::SectionKind::kBlackBox, 0);
  }
  ring::CrashHead& crash() { return box().crash; }

  // A crash of thread 4242 that happened after 60 s; everything else is up to the caller.
  ring::CrashHead& begin_crash(int signal, int code) {
    ring::CrashHead& head = crash();
    head.signal = signal;
    head.code = code;
    head.record = 1;
    head.pid = recording_.header().pid;
    head.time_us = 60'000'000;
    head.register_count = ring::kX86Registers;
    std::strcpy(head.thread_name, "worker");
    head.tid = 4242;
    box().finished = static_cast<uint32_t>(ring::CrashStep::kDone);
    recording_.live().state = static_cast<uint32_t>(ring::State::kCrashed);
    recording_.live().exit_code = signal;
    return head;
  }
  void seal_head() {
    constexpr size_t kSkipped = offsetof(ring::CrashHead, record);
    crash().checksum =
        ring::nonzero(ring::crc32c(reinterpret_cast<const std::byte*>(&crash()) + kSkipped,
                                   sizeof(ring::CrashHead) - kSkipped));
  }

  void add_part(ring::PartKind kind, uint32_t subject, uint64_t address,
                std::span<const std::byte> content, bool compressed = false) {
    ring::Part part{};
    part.magic = ring::kPartMagic;
    part.kind = static_cast<uint16_t>(kind);
    part.compressed = compressed ? 1 : 0;
    part.record = static_cast<uint8_t>(crash().record);
    part.subject = subject;
    part.address = address;
    part.raw_bytes = static_cast<uint32_t>(content.size());
    std::vector<std::byte> stored(content.begin(), content.end());
    if (compressed) {
      stored.resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(content.size()))));
      stored.resize(static_cast<size_t>(LZ4_compress_default(
          reinterpret_cast<const char*>(content.data()), reinterpret_cast<char*>(stored.data()),
          static_cast<int>(content.size()), static_cast<int>(stored.size()))));
    }
    part.stored_bytes = static_cast<uint32_t>(stored.size());
    const uint64_t salt = RecordingBuilder::kSalt;
    part.checksum = ring::nonzero(
        ring::crc32c(stored.data(), stored.size(),
                     ring::crc32c(&part, sizeof(part), ring::crc32c(&salt, sizeof(salt)))));
    std::byte* place = &recording_.entry<std::byte>(ring::SectionKind::kBlackBox, box().used_bytes);
    std::memcpy(place, &part, sizeof(part));
    std::memcpy(place + sizeof(part), stored.data(), stored.size());
    box().used_bytes += static_cast<uint32_t>((sizeof(part) + stored.size() + 7) / 8 * 8);
  }

  void add_text(ring::TextKind kind, std::string_view text, bool compressed = false) {
    add_part(ring::PartKind::kText, static_cast<uint32_t>(kind), 0, std::as_bytes(std::span(text)),
             compressed);
  }
  void add_memory(ring::MemoryOf why, uint64_t address, std::span<const uint8_t> bytes) {
    add_part(ring::PartKind::kMemory, static_cast<uint32_t>(why), address, std::as_bytes(bytes));
  }
  void add_words(ring::MemoryOf why, uint64_t address, const std::vector<uint64_t>& words) {
    add_part(ring::PartKind::kMemory, static_cast<uint32_t>(why), address,
             std::as_bytes(std::span(words)));
  }
  void add_stack(uint32_t tid, const std::vector<uint64_t>& pcs,
                 uint32_t interrupted = UINT32_MAX) {
    ring::CrashStack head{};
    head.frame_count = head.leaf_frames = static_cast<uint32_t>(pcs.size());
    head.interrupted = interrupted;
    head.flags = ring::kStackLeafExact;
    std::vector<std::byte> content(sizeof(head) + pcs.size() * 8);
    std::memcpy(content.data(), &head, sizeof(head));
    if (!pcs.empty()) std::memcpy(content.data() + sizeof(head), pcs.data(), pcs.size() * 8);
    add_part(ring::PartKind::kStack, tid, 0, content);
  }
  void add_thread(uint32_t tid, const char* name, ring::ThreadSource source) {
    ring::CrashThread thread{};
    thread.tid = tid;
    thread.source = static_cast<uint32_t>(source);
    std::strcpy(thread.name, name);
    thread.state = 'S';
    thread.system_call = 202;
    if (source == ring::ThreadSource::kSignal) thread.register_count = ring::kX86Registers;
    add_entry(ring::PartKind::kThread, tid, thread);
  }
  template <typename Entry>
  void add_entry(ring::PartKind kind, uint32_t subject, const Entry& entry) {
    add_part(kind, subject, 0, std::as_bytes(std::span(&entry, 1)));
  }

 private:
  RecordingBuilder& recording_;
};

}  // namespace dbgtrace::tests
