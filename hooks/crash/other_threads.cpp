// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/other_threads.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/alloc/live_blocks.hpp"
#include "hooks/crash/crashed_stack.hpp"
#include "hooks/crash/near_memory.hpp"
#include "hooks/crash/process_files.hpp"
#include "hooks/crash/thread_answers.hpp"
#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::crash {
namespace {

// In all, from the question to the last answer; most of it passes while other steps run.
constexpr uint64_t kAnswerNs = 50'000'000;
constexpr uint32_t kMaxThreads = 4096;
// Of the first threads more of the stack is kept than of the rest.
constexpr uint32_t kDeepThreads = 16;
constexpr uint64_t kDeepBytes = 16384, kShallowBytes = 2048;

constinit ThreadQuestion g_question;
constinit uint32_t g_tids[kMaxThreads] = {};
constinit uint32_t g_tid_count = 0;
constinit uint64_t g_deadline_ns = 0;
constinit bool g_asked = false;
constinit ring::CrashThread g_thread = {};

uint32_t parse_number(const char* text) {
  uint32_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    number = number * 10 + static_cast<uint32_t>(*text - '0');
  return number;
}

// The tids of /proc/self/task.
void list_threads(Scene& scene) {
  constexpr size_t kNameOffset = 19;  // of a struct linux_dirent64
  const os::Descriptor folder(open_at_the_end(scene, "/proc/self/task", O_RDONLY | O_DIRECTORY));
  g_tid_count = 0;
  while (folder.ok()) {
    const long got =
        os::raw_syscall(SYS_getdents64, folder.get(), os::as_argument(scene.stage.data()),
                        static_cast<long>(scene.stage.size()));
    if (got <= 0) return;
    for (long at = 0; at < got;) {
      const std::byte* entry = scene.stage.data() + at;
      uint16_t size_bytes;
      std::memcpy(&size_bytes, entry + 16, sizeof(size_bytes));
      if (size_bytes == 0) return;
      const uint32_t tid = parse_number(reinterpret_cast<const char*>(entry + kNameOffset));
      if (tid != 0 && tid != scene.tid && g_tid_count < kMaxThreads) g_tids[g_tid_count++] = tid;
      at += size_bytes;
    }
  }
}

// The first line of /proc/self/task/TID/name, or what there is of it.
std::string_view read_task_file(const Scene& scene, uint32_t tid, std::string_view name,
                                std::span<char> to) {
  char path_buffer[64];
  os::Text path(path_buffer, sizeof(path_buffer));
  path.add("/proc/self/task/").add_number(tid).add('/').add(name);
  const os::Descriptor file(open_at_the_end(scene, path.c_str(), O_RDONLY));
  if (!file.ok()) return {};
  const long got = os::raw_syscall(SYS_read, file.get(), os::as_argument(to.data()),
                                   static_cast<long>(to.size()));
  if (got <= 0) return {};
  std::string_view text(to.data(), static_cast<size_t>(got));
  text.remove_suffix(text.size() - std::min(text.find('\n'), text.size()));
  return text;
}

// Of a thread that is stopped in a system call that will be restarted.
bool is_at_system_call(Scene& scene, uintptr_t pc) {
#if defined(__x86_64__)
  constexpr uint8_t kInstruction[] = {0x0f, 0x05};
#else
  constexpr uint8_t kInstruction[] = {0x01, 0x00, 0x00, 0xd4};
#endif
  uint8_t found[sizeof(kInstruction)];
  return scene.reader.load(pc, found) && std::memcmp(found, kInstruction, sizeof(found)) == 0;
}

void describe_answer(Scene& scene, const ThreadAnswer& answer) {
#if defined(__x86_64__)
  constexpr uint32_t kNumberRegister = 0, kInstructionBytes = 2;
#else
  constexpr uint32_t kNumberRegister = 8, kInstructionBytes = 4;
#endif
  g_thread.source = static_cast<uint32_t>(ring::ThreadSource::kSignal);
  g_thread.register_count = answer.register_count;
  g_thread.blocked_signals = answer.blocked_signals;
  std::memcpy(g_thread.registers, answer.registers, sizeof(answer.registers));
  const bool restarts = is_at_system_call(scene, answer.pc);
  const bool interrupted = !restarts && is_at_system_call(scene, answer.pc - kInstructionBytes);
  g_thread.state = restarts || interrupted ? 'S' : 'R';
  if (restarts) g_thread.system_call = answer.registers[kNumberRegister];
}

// Where it said nothing, procfs still may.
void describe_silent(const Scene& scene, uint32_t tid) {
  char buffer[512];
  const std::string_view stat = read_task_file(scene, tid, "stat", buffer);
  const size_t name_end = stat.rfind(')');
  if (name_end != std::string_view::npos && name_end + 2 < stat.size()) {
    g_thread.state = static_cast<uint8_t>(stat[name_end + 2]);
  }
  const std::string_view call = read_task_file(scene, tid, "syscall", buffer);
  if (!call.empty() && call.front() >= '0' && call.front() <= '9') {
    g_thread.system_call = parse_number(call.data());
  }
}

uint32_t thread_index(const ring::Ledger& ledger, uint32_t tid) {
  const uint32_t used = std::min(ledger.live().threads_used + 1,
                                 ledger.section(ring::SectionKind::kThreads).capacity);
  for (uint32_t i = used; i-- > 1;) {
    const auto* thread = ledger.entry<ring::Thread>(ring::SectionKind::kThreads, i);
    if (thread != nullptr && thread->tid == tid) return i;
  }
  return 0;
}

// The newest sample of a thread that the open blocks hold.
void find_last_sample(const ring::Ledger& ledger, uint32_t index) {
  const ring::Section& section = ledger.section(ring::SectionKind::kOpenBlocks);
  for (uint32_t slot = 0; slot < section.capacity && index != 0; ++slot) {
    const auto* block = ledger.entry<ring::OpenBlock>(ring::SectionKind::kOpenBlocks, slot);
    if (block == nullptr) return;
    const auto* events = reinterpret_cast<const ring::Event*>(block + 1);
    const uint32_t places = (section.entry_bytes - sizeof(ring::OpenBlock)) / sizeof(ring::Event);
    const uint32_t used = std::min(static_cast<uint32_t>(block->cursor), places);
    for (uint32_t i = 0; i < used; ++i) {
      const ring::Event& event = events[i];
      if ((event.head & 0xff) != static_cast<uint64_t>(ring::EventKind::kSample)) continue;
      if ((event.head >> 24 & 0xffff) != index) continue;
      const uint64_t time_us = event.time & ring::kTimeMask;
      if (time_us < g_thread.sample_us) continue;
      g_thread.sample_us = time_us;
      g_thread.sample_site = static_cast<uint32_t>(event.b >> 40);
      g_thread.source = static_cast<uint32_t>(ring::ThreadSource::kLastSample);
    }
  }
}

void keep_answered_stack(Scene& scene, const ThreadAnswer& answer) {
  const ring::CrashStack head = describe(answer.walked, true, false);
  const size_t bytes = answer.walked.count * sizeof(answer.pcs[0]);
  std::memcpy(scene.stage.data(), &head, sizeof(head));
  std::memcpy(scene.stage.data() + sizeof(head), answer.pcs, bytes);
  scene.append(ring::PartKind::kStack, answer.tid, 0, scene.stage.first(sizeof(head) + bytes));
}

void keep_thread(Scene& scene, uint32_t tid, uint32_t number) {
  const ThreadAnswer* answer = g_question.answer_of(tid);
  std::memset(&g_thread, 0, sizeof(g_thread));
  g_thread.tid = tid;
  g_thread.source = static_cast<uint32_t>(ring::ThreadSource::kNone);
  g_thread.system_call = ~uint64_t{0};
  char name[32];
  const std::string_view comm = read_task_file(scene, tid, "comm", name);
  std::memcpy(g_thread.name, comm.data(), std::min(comm.size(), sizeof(g_thread.name) - 1));
  if (answer != nullptr) {
    describe_answer(scene, *answer);
  } else {
    describe_silent(scene, tid);
    find_last_sample(*scene.ledger, thread_index(*scene.ledger, tid));
  }
  scene.append(ring::PartKind::kThread, tid, 0, std::as_bytes(std::span(&g_thread, 1)));
  if (answer == nullptr) return;
  keep_answered_stack(scene, *answer);
  const uint64_t limit = number < kDeepThreads ? kDeepBytes : kShallowBytes;
  if (scene.stack_limit_bytes == 0) return;
  keep_bytes_above(scene, answer->sp, std::min(limit, scene.stack_limit_bytes));
}

}  // namespace

void ask_threads(Scene& scene) {
  g_tid_count = 0;
  g_asked = false;
  if (!scene.system_calls || !scene.freezes || scene.in_vfork_child()) return;
  list_threads(scene);
  if (g_tid_count == 0 || !g_question.begin(scene.pid, scene.tid)) return;
  g_asked = true;
  g_deadline_ns = os::monotonic_ns() + kAnswerNs;
  for (uint32_t i = 0; i < g_tid_count; ++i) g_question.ask(g_tids[i]);
}

void keep_threads(Scene& scene) {
  if (!g_asked) return;
  scene.box->head()->threads_seen = g_tid_count;
  scene.box->head()->threads_silent = g_question.wait(g_deadline_ns);
  g_question.end();
  for (uint32_t i = 0; i < g_tid_count; ++i) keep_thread(scene, g_tids[i], i);
}

}  // namespace dbgtrace::hooks::crash
