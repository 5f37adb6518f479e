// SPDX-License-Identifier: Apache-2.0
// SIGABRT: somebody found something wrong and gave up. What it was, the C library's message says,
// else the exception that was in flight, else the functions that called abort().
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "reader/analysis/crash_rules.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kAbortDepth = 12;  // frames between raise() and whoever decided to abort

// Which header of a chunk the check looked at, before it gave up.
enum class Header { kNone, kOwn, kNext, kTop };

struct MessageRule {
  std::string_view text;  // the message contains it
  CrashClass crash_class;
  double confidence;
  const char* meaning;
  Header header = Header::kNone;
};

constexpr const char* kNoBlock =
    "no block of the allocator begins where the pointer points, or its header was overwritten";

constexpr const char* kLists =
    "the lists of free blocks were overwritten, or a block stood in them twice";
constexpr const char* kLink =
    "a free block's link was overwritten: most often by a write after free";

// The first that fits counts. Texts are those of the C library's malloc, fortify and stack checks;
// what each proves is seen from the check that prints it.
constexpr MessageRule kMessages[] = {
    {"stack smashing detected", CrashClass::kStackSmash, 0.98,
     "the canary between a function's variables and its return address was overwritten"},
    {"double free detected", CrashClass::kDoubleFree, 0.97,
     "the allocator found the freed block already in its list of free ones"},
    {"double free or corruption (fasttop)", CrashClass::kDoubleFree, 0.97,
     "the allocator found the freed block at the head of its list of free ones"},
    {"double free or corruption (top)", CrashClass::kDoubleFree, 0.9,
     "the freed block had become part of the unused end of the heap"},
    {"double free or corruption (!prev)", CrashClass::kDoubleFree, 0.85,
     "the block behind says that the freed block was free already", Header::kNext},
    {"double free or corruption (out)", CrashClass::kHeapCorruption, 0.8,
     "the size of the freed block reaches beyond the heap: its header was overwritten, or there "
     "never was a block",
     Header::kOwn},
    {"free(): invalid pointer", CrashClass::kInvalidFree, 0.9, kNoBlock, Header::kOwn},
    {"munmap_chunk(): invalid pointer", CrashClass::kInvalidFree, 0.9, kNoBlock, Header::kOwn},
    {"realloc(): invalid pointer", CrashClass::kInvalidFree, 0.9, kNoBlock, Header::kOwn},
    {"realloc(): invalid old size", CrashClass::kHeapCorruption, 0.9,
     "the size of the block that was to be resized makes no sense", Header::kOwn},
    {"free(): invalid size", CrashClass::kInvalidFree, 0.7,
     "the size before the freed address makes no sense: no block begins there, or its header was "
     "overwritten",
     Header::kOwn},
    {"invalid next size", CrashClass::kHeapCorruption, 0.93,
     "the size of the block behind makes no sense: most often something wrote past the end of "
     "this one",
     Header::kNext},
    {"corrupted size vs. prev_size in fastbins", CrashClass::kHeapCorruption, kOpenToDoubt, kLists},
    {"corrupted size vs. prev_size while consolidating", CrashClass::kHeapCorruption, kOpenToDoubt,
     "the sizes of two neighbouring blocks contradict each other"},
    {"corrupted size vs. prev_size", CrashClass::kHeapCorruption, 0.95,
     "the sizes of two neighbouring blocks contradict each other"},
    {"corrupted top size", CrashClass::kHeapCorruption, 0.95,
     "the size of the heap's unused end was overwritten, by a write past the end of the last "
     "block",
     Header::kTop},
    {"corrupted double-linked list", CrashClass::kHeapCorruption, 0.95,
     "a list of free blocks was overwritten"},
    {"corrupted unsorted chunks", CrashClass::kHeapCorruption, 0.95,
     "a list of free blocks was overwritten"},
    {"unaligned tcache chunk detected", CrashClass::kHeapCorruption, kOpenToDoubt, kLink},
    {"unaligned fastbin chunk detected", CrashClass::kHeapCorruption, kOpenToDoubt, kLink},
    {"unaligned chunk detected in tcache", CrashClass::kHeapCorruption, kOpenToDoubt, kLink},
    {"too many chunks detected in tcache", CrashClass::kHeapCorruption, 0.95,
     "the lists of free blocks were overwritten"},
    {"handle: invalid stdio", CrashClass::kHeapCorruption, 0.7, "a FILE was overwritten or freed"},
    {"invalid stdio handle", CrashClass::kHeapCorruption, 0.7, "a FILE was overwritten or freed"},
    {"malloc assertion failure", CrashClass::kHeapCorruption, 0.93,
     "the allocator's own checks failed"},
    {"malloc_consolidate(): ", CrashClass::kHeapCorruption, kOpenToDoubt, kLists},
    {"malloc(): ", CrashClass::kHeapCorruption, 0.95, "the allocator's own checks failed"},
    {"calloc(): ", CrashClass::kHeapCorruption, 0.95, "the allocator's own checks failed"},
    {"realloc(): ", CrashClass::kHeapCorruption, 0.9, "the allocator's own checks failed"},
    {"free(): ", CrashClass::kHeapCorruption, 0.9, "the allocator's own checks failed"},
    {"mremap_chunk(): ", CrashClass::kInvalidFree, 0.85, kNoBlock, Header::kOwn},
    {"break adjusted to free malloc space", CrashClass::kHeapCorruption, 0.9,
     "the heap's end was moved by somebody else"},
    {"buffer overflow detected", CrashClass::kAbort, 0.9,
     "a checked copy (_FORTIFY_SOURCE) would have written past the end of its destination"},
    {"%n in writable segment", CrashClass::kAbort, 0.95, "a format string was not the program's"},
    {"longjmp causes uninitialized stack frame", CrashClass::kAbort, 0.95,
     "a longjmp to a function that had returned"},
};

bool is_assertion(std::string_view message) {
  return message.find("Assertion `") != std::string_view::npos ||
         message.find("assertion failed") != std::string_view::npos ||
         message.find("Assertion failed") != std::string_view::npos;
}

// Older C libraries' malloc asserts like everybody else.
bool is_of_malloc(std::string_view message) {
  return message.find("malloc.c:") != std::string_view::npos ||
         message.find("arena.c:") != std::string_view::npos;
}

// A block that was freed before, and that free() or realloc() was just given.
const trace::HeapPointer* freed_again(const CrashScene& scene) {
  for (const trace::HeapPointer& pointer : scene.pointers) {
    if (!pointer.freed || pointer.value != pointer.block_address) continue;
    if (is_in_call(scene, pointer)) return &pointer;
  }
  return nullptr;
}

// The allocator was given a block that was live, so whatever it says of the pointer, it says of the
// header before the block or of the one behind: somebody wrote over it. It is sure of nothing else,
// but for a loop that frees the same pointer twice by the same call stack.
void blame_header(const CrashScene& scene, Header header, CrashVerdict& verdict) {
  verdict.crash_class = CrashClass::kHeapCorruption;
  verdict.block = scene.given;
  if (header == Header::kNext) {
    verdict.confidence = std::min(verdict.confidence, kOpenToDoubt);
    verdict.overrun = scene.given;
    verdict.because(
        "the block that was being freed was live until then, so that it is the header behind its "
        "end that was overwritten");
  } else {
    verdict.confidence = kOpenToDoubt;
    verdict.overrun = neighbour_before(scene);
    verdict.because(
        "the pointer is the start of a block that was live until then, so that it is the header in "
        "front of it that was overwritten");
  }
}

bool find_in_message(const CrashScene& scene, CrashVerdict& verdict) {
  const std::string& message = scene.abort_message;
  if (message.empty()) return false;
  if (is_assertion(message) && !is_of_malloc(message)) {
    verdict = {CrashClass::kAssertion, 0.99};
    verdict.because("the C library's assert says so");
    return true;
  }
  if (is_assertion(message) && is_of_malloc(message)) {
    verdict = {CrashClass::kHeapCorruption, 0.93};
    verdict.because("the allocator's own checks failed");
    return true;
  }
  const auto* rule = std::find_if(std::begin(kMessages), std::end(kMessages),
                                  [&message](const MessageRule& candidate) {
                                    return message.find(candidate.text) != std::string::npos;
                                  });
  if (rule == std::end(kMessages)) {
    verdict = {CrashClass::kAbort, 0.9};
    verdict.because("the C library gave up with this message");
    return true;
  }
  verdict = {rule->crash_class, rule->confidence};
  verdict.because(rule->meaning);
  if (rule->header == Header::kTop) verdict.overrun = last_before_top(scene);
  const bool of_given = rule->header == Header::kOwn || rule->header == Header::kNext;
  if (of_given && scene.given) {
    blame_header(scene, rule->header, verdict);
    return true;
  }
  const bool unsure = message.find("double free or corruption") != std::string::npos ||
                      message.find("free(): invalid size") != std::string::npos;
  const trace::HeapPointer* again = freed_again(scene);
  if (verdict.crash_class == CrashClass::kDoubleFree && again != nullptr) verdict.block = *again;
  if (unsure && again != nullptr) {
    verdict.block = *again;
    verdict.crash_class = CrashClass::kDoubleFree;
    verdict.confidence = std::max(verdict.confidence, kOpenToDoubt);
    verdict.because("the block that begins there had been freed before");
  } else if (unsure && verdict.crash_class == CrashClass::kDoubleFree &&
             verdict.confidence <= kOpenToDoubt && scene.exact_heap) {
    verdict.crash_class = CrashClass::kHeapCorruption;
    verdict.because(
        "every allocation was recorded, and no block in reach had been freed before: "
        "something wrote over the sizes of this one or its neighbours");
  }
  return true;
}

bool is_terminate(std::string_view function) {
  return function.starts_with("std::terminate") ||
         function.starts_with("__cxxabiv1::__terminate") ||
         function.starts_with("__cxa_call_terminate") ||
         function.starts_with("__clang_call_terminate") ||
         function.starts_with("__gnu_cxx::__verbose_terminate_handler");
}

// The C++ library itself called abort. It does so only to terminate; where its own functions have
// no names, its file has.
bool terminated(const CrashScene& scene) {
  if (any_function(scene, kAbortDepth, is_terminate)) return true;
  const auto& frames = scene.stack.frames;
  const auto abort = std::find_if(frames.begin(), frames.end(), [](const symbols::Frame& frame) {
    return frame.function == "abort" || frame.function == "__GI_abort";
  });
  if (abort == frames.end() || std::next(abort) == frames.end()) return false;
  const std::string_view caller = std::next(abort)->module;
  return caller.find("libstdc++.so") != std::string::npos ||
         caller.find("libc++abi.so") != std::string::npos;
}

CrashVerdict uncaught(const CrashScene& scene) {
  const std::string& type = scene.exception_type;
  if (type == "std::bad_alloc") {
    CrashVerdict verdict{CrashClass::kOutOfMemory, 0.9};
    return verdict.because("an exception that nobody caught: std::bad_alloc, an allocation failed");
  }
  CrashVerdict verdict{CrashClass::kUncaughtException, 0.98};
  verdict.because("std::terminate was called for an exception of type " + type);
  if (any_function(scene, kAbortDepth, [](std::string_view function) {
        return function.starts_with("__gxx_personality") ||
               function.starts_with("__cxa_call_terminate") ||
               function.starts_with("__clang_call_terminate");
      })) {
    verdict.because("it tried to leave a function that lets none out (noexcept, a destructor)");
  }
  return verdict;
}

bool is_overflow_check(std::string_view function) {
  for (std::string_view name : {"__addv", "__subv", "__mulv", "__negv", "__absv"}) {
    if (function.starts_with(name) && function.size() <= name.size() + 3) return true;
  }
  return false;
}

bool is_rust_panic(std::string_view function) {
  return function.find("rust_panic") != std::string_view::npos ||
         function.find("panicking::") != std::string_view::npos ||
         function.find("rust_begin_unwind") != std::string_view::npos;
}

bool is_assert_function(std::string_view function) {
  for (std::string_view name : {"__assert_fail", "__assert_perror_fail", "__assert",
                                "g_assertion_message", "std::__replacement_assert",
                                "std::__glibcxx_assert_fail", "__gnu_debug::_Error_formatter"}) {
    if (function.starts_with(name)) return true;
  }
  return false;
}

bool gave_up_for_memory(std::string_view function) {
  return function == "xalloc_die" ||
         function.find("handle_alloc_error") != std::string_view::npos ||
         function.find("rust_oom") != std::string_view::npos;
}

CrashVerdict by_functions(const CrashScene& scene) {
  const auto called = [&scene](auto fits) { return any_function(scene, kAbortDepth, fits); };
  CrashVerdict verdict{CrashClass::kAbort, 0.95};
  if (called(is_assert_function)) {
    verdict = {CrashClass::kAssertion, 0.93};
    return verdict.because("abort was called by a function that reports failed assertions");
  }
  if (calls(scene, kAbortDepth, {"__stack_chk_fail"})) {
    verdict = {CrashClass::kStackSmash, 0.95};
    return verdict.because("abort was called by the check of the stack canary");
  }
  if (called(is_overflow_check)) {
    verdict = {CrashClass::kArithmetic, 0.95};
    return verdict.because("abort was called by a check for integer overflow (-ftrapv)");
  }
  if (called(gave_up_for_memory)) {
    verdict = {CrashClass::kOutOfMemory, 0.9};
    return verdict.because("abort was called because an allocation failed");
  }
  if (called(is_rust_panic)) return verdict.because("a Rust panic");
  if (calls(scene, kAbortDepth, {"__cxa_pure_virtual", "__cxa_deleted_virtual"})) {
    return verdict.because(
        "a pure virtual function was called: of an object whose constructor or "
        "destructor was running, or that was gone");
  }
  if (terminated(scene)) {
    verdict.confidence = 0.93;
    return verdict.because(
        "std::terminate was called without an exception in flight (a running "
        "std::thread was destroyed, or by the program itself)");
  }
  return verdict.because(scene.by_itself ? "the program called abort()"
                                         : "SIGABRT without a sender");
}

}  // namespace

CrashVerdict classify_abort(const CrashScene& scene) {
  CrashVerdict verdict;
  if (find_in_message(scene, verdict)) return verdict;
  if (scene.exception_type.empty()) return by_functions(scene);
  // An exception may be in flight, or just being handled, when abort is called for another reason.
  if (terminated(scene)) {
    const bool pure = calls(scene, kAbortDepth, {"__cxa_pure_virtual", "__cxa_deleted_virtual"});
    return pure ? by_functions(scene) : uncaught(scene);
  }
  verdict = by_functions(scene);
  verdict.confidence = std::min(verdict.confidence, 0.85);
  return verdict.because("an exception of type " + scene.exception_type + " was being handled");
}

}  // namespace dbgtrace::reader::analysis
