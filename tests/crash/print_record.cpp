// SPDX-License-Identifier: Apache-2.0
// Prints the black box of a recording as it lies there, for the runner: what was captured is judged
// apart from what the reader makes of it. One "name value" a line.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ring/black_box_view.hpp"
#include "ring/header_view.hpp"
#include "ring/ledger_view.hpp"

using namespace dbgtrace::ring;

namespace {

struct File {
  std::vector<uint64_t> words;
  std::span<const std::byte> bytes;
  Header header;

  bool read(const char* path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(stream)), {});
    words.resize(content.size() / 8 + 1);
    std::memcpy(words.data(), content.data(), content.size());
    bytes = std::as_bytes(std::span(words)).first(content.size());
    return bytes.size() >= kHeaderBytes && read_header(bytes, header).problem == nullptr;
  }
  std::span<const std::byte> section(SectionKind kind) const {
    return section_bytes(bytes, header, kind);
  }
};

// "frame 0x401234 /path 0x1234"; without a module only the address.
void print_frame(const File& file, uint64_t pc) {
  const auto modules = file.section(SectionKind::kModules);
  const uint32_t count = entries_in(modules, section_of(file.header, SectionKind::kModules));
  std::printf("frame %#lx", pc);
  for (uint32_t i = 0; i < count; ++i) {
    Module module;
    if (read_module(modules, i, module) != EntryState::kWhole) continue;
    if (pc < module.start || pc >= module.end || module.unload_us != 0) continue;
    const auto path = read_string(file.section(SectionKind::kStrings), module.path);
    std::printf(" %.*s %#lx", static_cast<int>(path.size()), path.data(), pc - module.bias);
    break;
  }
  std::printf("\n");
}

void print_text(const char* name, const std::vector<std::byte>& content) {
  std::string text(reinterpret_cast<const char*>(content.data()), content.size());
  std::replace(text.begin(), text.end(), '\n', '|');
  std::printf("%s %s\n", name, text.c_str());
}

void print_pointers(const std::vector<std::byte>& content) {
  for (size_t at = 0; at + sizeof(HeapPointer) <= content.size(); at += sizeof(HeapPointer)) {
    HeapPointer pointer;
    std::memcpy(&pointer, content.data() + at, sizeof(pointer));
    std::printf("pointer from %u index %u value %#lx block %#lx size %lu state %u site %u\n",
                pointer.from, pointer.index, pointer.value, pointer.block_address,
                pointer.block_bytes, pointer.state, pointer.birth_site);
  }
}

void print_thread(const std::vector<std::byte>& content) {
  CrashThread thread;
  if (content.size() < sizeof(thread)) return;
  std::memcpy(&thread, content.data(), sizeof(thread));
  std::printf("thread %u source %u state %c\n", thread.tid, thread.source,
              thread.state == 0 ? '?' : static_cast<char>(thread.state));
}

void print_stack(const File& file, const std::vector<std::byte>& content, bool crashed) {
  CrashStack stack;
  if (content.size() < sizeof(stack)) return;
  std::memcpy(&stack, content.data(), sizeof(stack));
  if (!crashed) {
    std::printf("thread-stack %u\n", stack.frame_count);
    return;
  }
  std::printf("stack %u end %u flags %u omitted %u\n", stack.frame_count, stack.end, stack.flags,
              stack.omitted_frames);
  for (size_t i = 0; i < stack.frame_count && sizeof(stack) + 8 * i + 8 <= content.size(); ++i) {
    uint64_t pc;
    std::memcpy(&pc, content.data() + sizeof(stack) + 8 * i, sizeof(pc));
    print_frame(file, pc);
  }
}

void print_part(const File& file, const PartView& part, uint32_t crashed_tid) {
  std::vector<std::byte> content(part.raw_bytes);
  if (!unpack(part, content)) {
    std::printf("damaged-part %lu\n", part.offset_bytes);
    return;
  }
  std::printf("part %u subject %u address %#lx bytes %u stored %zu\n",
              static_cast<uint32_t>(part.kind), part.subject, part.address, part.raw_bytes,
              part.stored.size());
  if (part.kind == PartKind::kStack) print_stack(file, content, part.subject == crashed_tid);
  if (part.kind == PartKind::kHeapPointers) print_pointers(content);
  if (part.kind == PartKind::kThread) print_thread(content);
  if (part.kind != PartKind::kText) return;
  if (part.subject == static_cast<uint32_t>(TextKind::kAbortMessage))
    print_text("message", content);
  if (part.subject == static_cast<uint32_t>(TextKind::kExceptionType)) print_text("type", content);
  if (part.subject == static_cast<uint32_t>(TextKind::kExceptionWhat)) print_text("what", content);
}

void print_head(const File& file, const BlackBox& box) {
  const CrashHead& crash = box.crash;
  std::printf("state %u\n", file.header.live.state);
  std::printf("crash record %u pid %u tid %u\n", crash.record, crash.pid, crash.tid);
  std::printf("signal %d\ncode %d\nflags %u\naddress %#lx\n", crash.signal, crash.code, crash.flags,
              crash.fault_address);
  std::printf("finished %u\nfailed %#x\nfaults %u\nlost %u\n", box.finished, box.failed_steps,
              box.faults_inside, box.parts_lost);
  std::printf("minor %u\nthreads %u\nsilent %u\nvfork %u\n", box.minor_used, box.threads_seen,
              box.threads_silent, box.vfork_crashes);
  for (const HandledFault& handled : box.handled) {
    if (handled.signal != 0) std::printf("handled %u %lu\n", handled.signal, handled.count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  static File file;
  if (argc != 2 || !file.read(argv[1])) return 2;
  const auto section = file.section(SectionKind::kBlackBox);
  static BlackBox box;
  const BlackBoxReport report = read_black_box(section, file.header.salt, box);
  if (report.problem != nullptr) std::printf("problem %s\n", report.problem);
  if (!report.crashed) {
    std::printf("no-crash state %u\n", file.header.live.state);
    return 1;
  }
  print_head(file, box);
  PartScanner scanner(section, file.header.salt);
  for (PartView part; scanner.next(part);) {
    if (belongs_to(part, box.crash)) print_part(file, part, box.crash.tid);
  }
  return 0;
}
