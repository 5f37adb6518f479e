// SPDX-License-Identifier: Apache-2.0
// The layout of the notes is the kernel's for 64-bit machines, written out field by field: this
// machine need not be of the kind that crashed.
#include "reader/output/elf_core.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace dbgtrace::reader::output {
namespace {

using analysis::CoreContents;
using analysis::CoreThread;

class Bytes {
 public:
  template <typename Value>
  Bytes& put(Value value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Bytes& zeros(size_t count) {
    text_.append(count, '\0');
    return *this;
  }
  // Cut or filled up to size; the last byte is a zero.
  Bytes& field(std::string text, size_t size) {
    text.resize(size - 1);
    text_ += text;
    return zeros(1);
  }
  Bytes& raw(const std::vector<std::byte>& bytes) {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
  }
  Bytes& raw(const std::string& bytes) {
    text_ += bytes;
    return *this;
  }
  Bytes& align(size_t to) { return zeros((to - text_.size() % to) % to); }
  size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void put_note(Bytes& notes, uint32_t type, const Bytes& content) {
  constexpr char kName[] = "CORE";
  notes.put<uint32_t>(sizeof(kName)).put<uint32_t>(static_cast<uint32_t>(content.size())).put(type);
  notes.raw(std::string(kName, sizeof(kName))).align(4).raw(content.text()).align(4);
}

// elf_prstatus
Bytes status_of(const CoreContents& core, const CoreThread& thread) {
  Bytes status;
  status.put<int32_t>(thread.signal).put<int32_t>(0).put<int32_t>(0);
  status.put<int16_t>(static_cast<int16_t>(thread.signal)).align(8);
  status.put<uint64_t>(0).put(thread.blocked_signals);
  status.put(thread.tid).put(core.parent_pid).put(core.pid).put(core.pid);
  status.zeros(4 * 16);  // times
  for (const uint64_t value : thread.registers) status.put(value);
  status.put<int32_t>(1).align(8);  // the floating point registers are valid
  return status;
}

// elf_prpsinfo
Bytes process_of(const CoreContents& core) {
  Bytes process;
  process.put<char>(0).put<char>('R').put<char>(0).put<char>(0).align(8);
  process.put<uint64_t>(0).put(core.uid).put<uint32_t>(0);
  process.put(core.pid).put(core.parent_pid).put(core.pid).put(core.pid);
  return process.field(core.name, 16).field(core.arguments, 80);
}

Bytes files_of(const CoreContents& core) {
  Bytes files;
  files.put<uint64_t>(core.files.size()).put(core.page_bytes);
  for (const analysis::Mapping& file : core.files) {
    files.put(file.start).put(file.end).put(file.offset / core.page_bytes);
  }
  for (const analysis::Mapping& file : core.files) files.raw(file.path).zeros(1);
  return files;
}

// In the kernel's order: what belongs to the process stands among the first thread's.
Bytes notes_of(const CoreContents& core) {
  Bytes notes;
  for (size_t i = 0; i < core.threads.size(); ++i) {
    const CoreThread& thread = core.threads[i];
    put_note(notes, NT_PRSTATUS, status_of(core, thread));
    if (i == 0) {
      put_note(notes, NT_PRPSINFO, process_of(core));
      put_note(notes, NT_SIGINFO, Bytes().raw(core.siginfo));
      Bytes auxiliary;
      for (const uint64_t word : core.auxiliary) auxiliary.put(word);
      put_note(notes, NT_AUXV, auxiliary.put<uint64_t>(AT_NULL).put<uint64_t>(0));
      if (!core.files.empty()) put_note(notes, NT_FILE, files_of(core));
    }
    put_note(notes, NT_FPREGSET, Bytes().raw(thread.floating_point));
  }
  return notes;
}

void put_program_header(Bytes& out, uint32_t type, uint32_t flags, uint64_t offset,
                        uint64_t address, uint64_t size) {
  const bool memory = type == PT_LOAD;
  out.put(type).put(flags).put(offset).put(address).put<uint64_t>(0).put(size);
  out.put<uint64_t>(memory ? size : 0).put<uint64_t>(memory ? 1 : 4);
}

}  // namespace

std::string elf_core(const CoreContents& core) {
  const Bytes notes = notes_of(core);
  // The count is 16 bits wide; captured memory is a few hundred pieces.
  const size_t segments = std::min<size_t>(core.segments.size(), PN_XNUM - 2);
  Bytes out;
  out.raw(std::string(ELFMAG, SELFMAG)).put<char>(ELFCLASS64).put<char>(ELFDATA2LSB);
  out.put<char>(EV_CURRENT).align(16);
  const bool arm = core.arch == ring::Arch::kAarch64;
  out.put<uint16_t>(ET_CORE).put<uint16_t>(arm ? EM_AARCH64 : EM_X86_64).put<uint32_t>(EV_CURRENT);
  out.put<uint64_t>(0).put<uint64_t>(sizeof(Elf64_Ehdr)).put<uint64_t>(0).put<uint32_t>(0);
  out.put<uint16_t>(sizeof(Elf64_Ehdr)).put<uint16_t>(sizeof(Elf64_Phdr));
  out.put<uint16_t>(static_cast<uint16_t>(segments + 1)).zeros(3 * sizeof(uint16_t));
  uint64_t offset = sizeof(Elf64_Ehdr) + (segments + 1) * sizeof(Elf64_Phdr);
  put_program_header(out, PT_NOTE, 0, offset, 0, notes.size());
  offset += notes.size();
  for (size_t i = 0; i < segments; ++i) {
    const analysis::CoreSegment& segment = core.segments[i];
    const uint32_t flags = PF_R | (segment.writable ? PF_W : 0U) | (segment.executable ? PF_X : 0U);
    put_program_header(out, PT_LOAD, flags, offset, segment.address, segment.bytes.size());
    offset += segment.bytes.size();
  }
  out.raw(notes.text());
  for (size_t i = 0; i < segments; ++i) out.raw(core.segments[i].bytes);
  return out.text();
}

}  // namespace dbgtrace::reader::output
