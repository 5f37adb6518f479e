// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_scene.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>

#include "reader/analysis/captured_memory.hpp"
#include "reader/analysis/fault_access.hpp"
#include "reader/analysis/heap_suspects.hpp"
#include "reader/analysis/kernel_names.hpp"
#include "reader/analysis/leaks.hpp"
#include "reader/analysis/signal_frame.hpp"
#include "reader/analysis/title_frame.hpp"
#include "reader/symbols/demangle.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// A text of the record without the line end that it was printed with.
std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

// How far behind a block something is that may have to do with it.
constexpr uint64_t kFarthestSuspect = 1 << 20;

// "St13runtime_error" -> "std::runtime_error".
std::string type_name(const std::string& mangled) {
  constexpr std::string_view kPrefix = "typeinfo name for ";
  if (mangled.empty()) return mangled;
  symbols::Demangler demangle;
  const std::string readable = demangle(("_ZTS" + mangled).c_str());
  return readable.starts_with(kPrefix) ? readable.substr(kPrefix.size()) : mangled;
}

class SceneBuilder {
 public:
  SceneBuilder(const trace::Trace& trace, const Resolver& resolver)
      : trace_(trace), crash_(*trace.black_box.crash), resolver_(resolver) {}

  CrashScene build();

 private:
  void read_head();
  void read_registers();
  void read_texts();
  // The newest fault that a handler of this thread was given, shortly before it raised a signal.
  const ring::HandledFault* newest_handled() const;
  trace::Stack stack_with_fault() const;
  void look_behind_handler();
  void read_pointers();
  void find_block();
  void find_suspects();

  const trace::Trace& trace_;
  const trace::Crash& crash_;
  const Resolver& resolver_;
  CrashScene scene_;
  uint64_t error_code_ = 0;
  uint64_t interrupted_pc_ = 0;  // 0: no signal interrupted the stack
};

CrashScene SceneBuilder::build() {
  scene_.crash = &crash_;
  scene_.map = MemoryMap(trace_.black_box.text(ring::TextKind::kMaps));
  read_head();
  read_registers();
  read_texts();
  const trace::Stack stack = stack_with_fault();
  scene_.stack = resolver_.resolve(stack);
  if (stack.interrupted != trace::kNoFrame) interrupted_pc_ = stack.pcs[stack.interrupted];
  look_behind_handler();
  find_access(scene_, error_code_);
  read_pointers();
  find_block();
  scene_.exact_heap = is_exact(trace_);
  find_suspects();
  return std::move(scene_);
}

void SceneBuilder::read_head() {
  const ring::CrashHead& head = crash_.head;
  scene_.arch = static_cast<ring::Arch>(trace_.header.arch);
  scene_.signal = scene_.death_signal = head.signal;
  scene_.code = head.code;
  scene_.sent = was_sent(head.code);
  scene_.sender_pid = head.sender_pid;
  scene_.by_itself =
      scene_.sent && head.sender_pid > 0 &&
      static_cast<uint32_t>(head.sender_pid) == (head.pid != 0 ? head.pid : trace_.header.pid);
  scene_.trap = head.trap_number;
  error_code_ = head.error_code;
  scene_.flags = head.flags;
  scene_.stack_low = head.stack_low;
  scene_.stack_high = head.stack_high;
  scene_.alternate_low = head.alternate_low;
  scene_.alternate_high = head.alternate_high;
  if (head.signal == SIGSYS && !scene_.sent) scene_.system_call = head.value >> 32;
  const bool has_address = head.signal == SIGSEGV || head.signal == SIGBUS ||
                           head.signal == SIGILL || head.signal == SIGFPE;
  // The kernel's own fault (SI_KERNEL) comes without one: the zero there is no null pointer.
  if (has_address && head.code > 0 && head.code != SI_KERNEL) {
    scene_.fault_address = head.fault_address;
  }
}

void SceneBuilder::read_registers() {
  const bool arm = scene_.arch == ring::Arch::kAarch64;
  const auto* begin = std::begin(crash_.head.registers);
  scene_.registers.assign(begin, begin + crash_.head.register_count);
  const auto value = [this](uint32_t index) -> std::optional<uint64_t> {
    if (index >= scene_.registers.size()) return std::nullopt;
    return scene_.registers[index];
  };
  scene_.pc = value(arm ? ring::kAarch64Pc : ring::kX86Rip).value_or(0);
  scene_.sp = value(arm ? ring::kAarch64Sp : ring::kX86Rsp);
  scene_.frame_pointer = value(arm ? 29 : ring::kX86Rbp);
  // The address of an int3 is already behind it.
  const bool behind = !arm && scene_.signal == SIGTRAP && scene_.trap == 3;
  const uint64_t at = behind ? scene_.pc - 1 : scene_.pc;
  const auto code = bytes_at(crash_, at);
  if (!code.empty()) scene_.instruction = decode(scene_.arch, code, at, scene_.registers);
}

void SceneBuilder::read_texts() {
  const trace::BlackBox& box = trace_.black_box;
  scene_.abort_message = trimmed(box.text(ring::TextKind::kAbortMessage));
  scene_.exception_type = type_name(trimmed(box.text(ring::TextKind::kExceptionType)));
  scene_.exception_what = trimmed(box.text(ring::TextKind::kExceptionWhat));
}

const ring::HandledFault* SceneBuilder::newest_handled() const {
  constexpr uint64_t kLongestHandlerUs = 10'000'000;
  if (!scene_.by_itself) return nullptr;
  const ring::HandledFault* newest = nullptr;
  for (const ring::HandledFault& fault : trace_.black_box.handled) {
    // A thread that never allocated is not known by its tid.
    if (fault.last_tid != 0 && fault.last_tid != crash_.head.tid) continue;
    if (was_sent(fault.last_code) || fault.last_us > crash_.head.time_us) continue;
    if (crash_.head.time_us - fault.last_us > kLongestHandlerUs) continue;
    if (newest == nullptr || fault.last_us > newest->last_us) newest = &fault;
  }
  return newest;
}

// Go leaves its handler for a function that looks as if the faulting instruction had called it:
// what stands on the stack then is no return address, and the signal that interrupted is another.
trace::Stack SceneBuilder::stack_with_fault() const {
  trace::Stack stack = crash_.stack;
  const ring::HandledFault* newest = newest_handled();
  if (newest == nullptr || newest->last_pc == 0) return stack;
  for (uint32_t i = 1; i < stack.pcs.size(); ++i) {
    if (stack.pcs[i] != newest->last_pc) continue;
    const std::string_view called = resolver_.at(stack.pcs[i - 1], crash_.head.time_us).function;
    if (called.starts_with("runtime.sigpanic")) stack.interrupted = i;
  }
  return stack;
}

// Many programs handle a fault to print something, and then raise it again or abort: the fault is
// what matters. It lies below the handler on the stack, where the kernel's frame tells what it was;
// else its note in the black box does. Or it is on top, if the signal was blocked while the handler
// ran.
void SceneBuilder::look_behind_handler() {
  if (!scene_.by_itself) return;
  const ring::HandledFault* newest = newest_handled();
  // A signal may have interrupted any code; the fault's own address makes it certain.
  const bool returned =
      newest != nullptr && !scene_.registers.empty() && scene_.pc == newest->last_pc;
  const uint64_t interrupted = scene_.stack.interrupted ? interrupted_pc_ : 0;
  const bool below = newest != nullptr && interrupted != 0 && interrupted == newest->last_pc;
  std::optional<SignalFrame> frame;
  if (interrupted != 0 && scene_.arch == ring::Arch::kX86_64) {
    frame = find_signal_frame(crash_, interrupted);
  }
  if (!returned && !below && !frame) return;
  scene_.reraised = true;
  scene_.sent = scene_.by_itself = false;
  scene_.signal = frame ? frame->signal : static_cast<int>(newest->signal);
  scene_.code = frame ? frame->code : newest->last_code;
  scene_.fault_address.reset();
  if (scene_.code != SI_KERNEL) {
    scene_.fault_address = frame ? frame->address : newest->last_address;
  }
  if (returned && !frame) return;
  scene_.pc = interrupted;
  scene_.sp = scene_.frame_pointer = std::nullopt;
  scene_.trap = 0;
  if (frame) {
    scene_.sp = frame->sp;
    scene_.frame_pointer = frame->frame_pointer;
    scene_.trap = frame->trap;
    error_code_ = frame->error;
  }
  scene_.registers.clear();
  scene_.instruction.reset();
  scene_.crash_frame = *scene_.stack.interrupted;
}

void SceneBuilder::read_pointers() {
  constexpr uint64_t kLongestCallUs = 50'000;
  scene_.call_words = words_of_library_call(trace_);
  scene_.given = block_given(trace_, scene_.call_words);
  scene_.pointers = crash_.pointers;
  for (trace::HeapPointer& pointer : scene_.pointers) {
    if (!pointer.freed) continue;
    const bool is_given = scene_.given && pointer.block_address == scene_.given->block_address &&
                          pointer.birth_us == scene_.given->birth_us;
    if (is_given || is_running_free(trace_, pointer.free_us, pointer.free_stack,
                                    pointer.free_thread, kLongestCallUs)) {
      pointer.freed = false;
    }
  }
}

void SceneBuilder::find_block() {
  if (!scene_.fault_address) return;
  for (const trace::HeapPointer& pointer : scene_.pointers) {
    if (pointer.value != *scene_.fault_address) continue;
    if (!scene_.fault_block || explains_better(pointer, *scene_.fault_block))
      scene_.fault_block = pointer;
  }
}

void SceneBuilder::find_suspects() {
  if (scene_.given) {
    const uint64_t start = scene_.given->block_address;
    scene_.before_given = last_block(trace_, start - std::min(start, kFarthestSuspect), start);
  }
  if (scene_.fault_address) {
    const uint64_t fault = *scene_.fault_address;
    scene_.before_fault = last_block(trace_, fault - std::min(fault, kFarthestSuspect), fault);
  }
  const auto& all = scene_.map.all();
  const auto heap = std::find_if(all.begin(), all.end(),
                                 [](const Mapping& each) { return each.path == "[heap]"; });
  if (heap != all.end()) scene_.last_of_heap = last_block(trace_, heap->start, heap->end);
}

}  // namespace

bool explains_better(const trace::HeapPointer& a, const trace::HeapPointer& b) {
  if (a.is_inside() != b.is_inside()) return a.is_inside();
  if (a.freed != b.freed) return !a.freed;
  return a.birth_us > b.birth_us;
}

std::vector<const char*> register_names(ring::Arch arch) {
  if (arch == ring::Arch::kAarch64) {
    return {std::begin(ring::kAarch64RegisterNames), std::end(ring::kAarch64RegisterNames)};
  }
  return {std::begin(ring::kX86RegisterNames), std::end(ring::kX86RegisterNames)};
}

CrashScene scene_of(const trace::Trace& trace, const Resolver& resolver) {
  return SceneBuilder(trace, resolver).build();
}

}  // namespace dbgtrace::reader::analysis
