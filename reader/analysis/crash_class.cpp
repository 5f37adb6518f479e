// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_class.hpp"

#include <fmt/format.h>

#include <csignal>

#include "reader/analysis/crash_rules.hpp"
#include "reader/analysis/kernel_names.hpp"

namespace dbgtrace::reader::analysis {
namespace {

CrashVerdict classify_sent(const CrashScene& scene) {
  const std::string name = signal_name(scene.signal);
  if (!scene.by_itself) {
    const std::string sender = scene.sender_pid == 0
                                   ? "a process outside of its pid namespace, or the kernel"
                                   : fmt::format("process {}", scene.sender_pid);
    return verdict(CrashClass::kSentByUser, 0.99,
                   fmt::format("{} was sent by {}: no instruction caused it", name, sender));
  }
  const std::string reason = fmt::format("the program sent {} to itself", name);
  // As the compiler's run-time library does on a machine without the instruction.
  if (scene.signal == SIGFPE) return verdict(CrashClass::kArithmetic, 0.7, reason);
  if (scene.signal == SIGTRAP) return verdict(CrashClass::kTrap, 0.85, reason);
  return verdict(CrashClass::kSentByUser, 0.9, reason);
}

CrashVerdict classify_illegal(const CrashScene& scene) {
  if (!scene.instruction) {
    return verdict(CrashClass::kIllegalInstruction, 0.95, "the processor refused the instruction");
  }
  if (scene.instruction->kind == InstructionKind::kUndefined) {
    return verdict(CrashClass::kIllegalInstruction, 0.98,
                   fmt::format("{}: what compilers put where execution must not come "
                               "(__builtin_trap, unreachable code, a failed check)",
                               scene.instruction->text));
  }
  return verdict(CrashClass::kIllegalInstruction, 0.95,
                 fmt::format("the processor refused \"{}\"", scene.instruction->text));
}

CrashVerdict classify_seccomp(const CrashScene& scene) {
  if (!scene.system_call) {
    return verdict(CrashClass::kSeccomp, 0.9, "SIGSYS comes from system call filters");
  }
  return verdict(CrashClass::kSeccomp, 0.99,
                 fmt::format("a seccomp filter refused the system call {}",
                             system_call_name(scene.arch, *scene.system_call)));
}

CrashVerdict by_signal(const CrashScene& scene) {
  // abort() sends as well; the rules of SIGABRT know.
  const bool aborted = scene.signal == SIGABRT && (scene.by_itself || !scene.sent);
  if (aborted) return classify_abort(scene);
  if (scene.sent) return classify_sent(scene);
  switch (scene.signal) {
    case SIGSEGV:
    case SIGBUS:
      return classify_access(scene);
    case SIGFPE:
      return verdict(CrashClass::kArithmetic, 0.99,
                     scene.code == FPE_INTDIV
                         ? "the processor reports an integer division by zero, or one whose result "
                           "does not fit"
                         : fmt::format("the processor reports {}",
                                       signal_code_name(scene.signal, scene.code)));
    case SIGILL:
      return classify_illegal(scene);
    case SIGTRAP:
      return verdict(CrashClass::kTrap, 0.98,
                     scene.instruction && scene.instruction->kind == InstructionKind::kBreakpoint
                         ? "a breakpoint instruction, and no debugger that waits for it"
                         : "a trap, and no debugger that waits for it");
    case SIGSYS:
      return classify_seccomp(scene);
    default:
      return verdict(CrashClass::kUnknown, 0.5,
                     fmt::format("{} is no signal of a crash", signal_name(scene.signal)));
  }
}

}  // namespace

CrashVerdict classify(const CrashScene& scene) {
  CrashVerdict result = by_signal(scene);
  if (scene.reraised) {
    result.because(fmt::format("the program's own handler of {} ran first and then raised {}",
                               signal_name(scene.signal), signal_name(scene.death_signal)));
  }
  if ((scene.flags & ring::kCrashInRecorder) != 0) {
    result.crash_class = CrashClass::kUnknown;
    result.confidence = 0.5;
    result.because("the fault lies in the recorder itself");
  }
  if (scene.crash != nullptr && !scene.crash->head_whole) {
    result.confidence = std::min(result.confidence, 0.5);
    result.because("the head of the crash record is damaged");
  }
  return result;
}

bool in_allocator(const CrashScene& scene) {
  const symbols::Frame* frame = scene.frame();
  if (frame == nullptr) return false;
  constexpr size_t kDepth = 4;
  return calls(scene, kDepth,
               {"malloc",
                "malloc_usable_size",
                "free",
                "calloc",
                "realloc",
                "cfree",
                "memalign",
                "posix_memalign",
                "aligned_alloc",
                "__libc_malloc",
                "__libc_free",
                "__libc_calloc",
                "__libc_realloc",
                "_int_malloc",
                "_int_free",
                "_int_realloc",
                "_int_memalign",
                "malloc_consolidate",
                "unlink_chunk",
                "tcache_get",
                "tcache_put",
                "__GI___libc_free",
                "__GI___libc_malloc",
                "__GI___libc_realloc",
                "sysmalloc",
                "systrim"}) &&
         frame->module.find("libc.so") != std::string::npos;
}

const char* name_of(CrashClass crash_class) {
  switch (crash_class) {
    case CrashClass::kNullDereference:
      return "null-dereference";
    case CrashClass::kWildAccess:
      return "wild-access";
    case CrashClass::kWildJump:
      return "wild-jump";
    case CrashClass::kStackOverflow:
      return "stack-overflow";
    case CrashClass::kStackSmash:
      return "stack-smash";
    case CrashClass::kUseAfterFree:
      return "use-after-free";
    case CrashClass::kHeapOverflow:
      return "heap-overflow";
    case CrashClass::kDoubleFree:
      return "double-free";
    case CrashClass::kInvalidFree:
      return "invalid-free";
    case CrashClass::kHeapCorruption:
      return "heap-corruption";
    case CrashClass::kAssertion:
      return "assertion";
    case CrashClass::kUncaughtException:
      return "uncaught-exception";
    case CrashClass::kAbort:
      return "abort";
    case CrashClass::kArithmetic:
      return "arithmetic";
    case CrashClass::kIllegalInstruction:
      return "illegal-instruction";
    case CrashClass::kBusError:
      return "bus-error";
    case CrashClass::kSeccomp:
      return "seccomp";
    case CrashClass::kTrap:
      return "trap";
    case CrashClass::kOutOfMemory:
      return "out-of-memory";
    case CrashClass::kSentByUser:
      return "sent-by-user";
    case CrashClass::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace dbgtrace::reader::analysis
