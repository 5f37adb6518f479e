// SPDX-License-Identifier: Apache-2.0
#include "reader/output/crash_sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "reader/analysis/frame_names.hpp"
#include "reader/analysis/kernel_names.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::BlockPlace;
using analysis::BlockUse;
using analysis::CrashClass;
using analysis::CrashScene;
using analysis::PointeeKind;
using analysis::PostMortem;

std::string bytes_text(uint64_t bytes) {
  return bytes == 1 ? "1 byte" : fmt::format("{} bytes", bytes);
}

// Short times matter here: between a free and a crash lie microseconds.
std::string ago_text(double seconds) {
  if (seconds < 0.0005) return fmt::format("{:.0f} us", seconds * 1e6);
  return human_duration(seconds);
}

// In a sentence a name must not be a paragraph: the stacks have it in full.
std::string name_text(const symbols::Frame& frame) {
  constexpr size_t kLongest = 60;
  std::string name = function_text(frame);
  return name.size() <= kLongest ? name : analysis::comparable_name(frame);
}

std::string frame_text(const symbols::Frame& frame) {
  const std::string place = place_text(frame);
  if (place.empty() || frame.function.empty()) return name_text(frame);
  return fmt::format("{} ({})", name_text(frame), place);
}

std::string site_text(const analysis::ResolvedStack& stack) {
  return stack.frames.empty() ? "" : frame_text(stack.frames[stack.title]);
}

const char* verb_of(analysis::Access access) {
  switch (access) {
    case analysis::Access::kRead:
      return "reading";
    case analysis::Access::kWrite:
      return "writing";
    case analysis::Access::kExecute:
      return "executing";
    case analysis::Access::kUnknown:
      break;
  }
  return "at";
}

// The heap's part in a crash that has nothing to do with addresses is none.
bool concerns_heap(const PostMortem& report) {
  switch (report.verdict.crash_class) {
    case CrashClass::kWildAccess:
    case CrashClass::kWildJump:
    case CrashClass::kUseAfterFree:
    case CrashClass::kHeapOverflow:
    case CrashClass::kDoubleFree:
    case CrashClass::kInvalidFree:
    case CrashClass::kHeapCorruption:
      return true;
    default:
      return false;
  }
}

std::string chunk_text(const ring::MallocChunk& chunk) {
  constexpr const char* kUse[] = {"free", "in use", "in unknown use"};
  return fmt::format("the C library's chunk around it begins at {:#x} and has {}, {}",
                     chunk.chunk_address, bytes_text(chunk.chunk_bytes),
                     kUse[std::min<uint32_t>(chunk.in_use, 2)]);
}

}  // namespace

std::string thread_text(uint32_t tid, const std::string& name) {
  return name.empty() ? fmt::format("thread {}", tid) : fmt::format("thread {} \"{}\"", tid, name);
}

std::string confidence_text(double confidence) {
  const char* word = confidence >= 0.95  ? "very likely"
                     : confidence >= 0.8 ? "likely"
                     : confidence >= 0.5 ? "possible"
                                         : "a guess";
  return fmt::format("{} ({:.0f} %)", word, std::floor(confidence * 100 + 0.5));
}

std::string class_text(CrashClass crash_class) {
  std::string text = name_of(crash_class);
  std::replace(text.begin(), text.end(), '-', ' ');
  return text;
}

std::string cause_text(const CrashScene& scene) {
  std::string text = analysis::signal_name(scene.signal);
  if (!scene.sent)
    text += fmt::format(" ({})", analysis::signal_code_name(scene.signal, scene.code));
  const bool of_memory = scene.signal == SIGSEGV || scene.signal == SIGBUS;
  if (scene.fault_address && (of_memory || scene.access != analysis::Access::kUnknown)) {
    text += fmt::format(" {} {:#x}", verb_of(scene.access), *scene.fault_address);
  }
  return text;
}

std::string summary_text(const PostMortem& report) {
  const CrashScene& scene = report.scene;
  const bool sent = report.verdict.crash_class == CrashClass::kSentByUser;
  std::string text = cause_text(scene) + ": ";
  if (!sent) text += class_text(report.verdict.crash_class);
  if (sent && scene.by_itself) text += "raised by the program itself";
  if (sent && !scene.by_itself) text += "sent by another process, while";
  if (const symbols::Frame* frame = report.title_frame()) text += " in " + frame_text(*frame);
  return text;
}

std::string block_text(const BlockUse& use) {
  constexpr const char* kPlaces[] = {"into", "behind the end of", "before"};
  const trace::HeapPointer& block = use.pointer;
  const bool at_start = use.place == BlockPlace::kInside && use.distance == 0;
  std::string text = at_start ? "at the start of"
                              : fmt::format("{} {}", bytes_text(use.distance),
                                            kPlaces[static_cast<size_t>(use.place)]);
  text += fmt::format(" a {}-byte block", block.block_bytes);
  const std::string born = site_text(use.birth), died = site_text(use.death);
  if (block.freed) {
    text += died.empty() ? fmt::format(" that was freed {} before", ago_text(use.freed_ago_s))
                         : fmt::format(" that {} freed {} before", died, ago_text(use.freed_ago_s));
    if (use.death_thread.tid != 0) {
      text += ", on " + thread_text(use.death_thread.tid, use.death_thread.name);
    }
    text += "; allocated";
  } else {
    text += ", live, allocated";
  }
  text += born.empty() ? "" : " by " + born;
  text += fmt::format(" {} before the crash", ago_text(use.age_s));
  if (use.birth_thread.tid != 0) {
    text += ", on " + thread_text(use.birth_thread.tid, use.birth_thread.name);
  }
  return text;
}

namespace {

// What points to the block: "Register rdi points ".
std::string pointer_text(const CrashScene& scene, const trace::HeapPointer& pointer) {
  if (scene.fault_address == pointer.value) return "The address lies ";
  if (pointer.from != ring::PointerFrom::kRegister) return "A word on the stack points ";
  const auto names = analysis::register_names(scene.arch);
  if (pointer.index >= names.size()) return "A register points ";
  return fmt::format("Register {} points ", names[pointer.index]);
}

// "24-byte block allocated by Session::open (session.cpp:12) 3 ms before the crash".
std::string birth_text(const BlockUse& use) {
  const std::string born = site_text(use.birth);
  return fmt::format("{}-byte block allocated{} {} before the crash", use.pointer.block_bytes,
                     born.empty() ? "" : " by " + born, ago_text(use.age_s));
}

// The allocator gave up over a header next to the block that it was given.
std::string given_text(const PostMortem& report) {
  const analysis::HeapContext& heap = report.heap;
  const bool resized = report.scene.abort_message.starts_with("realloc()");
  const trace::HeapPointer& given = heap.block->pointer;
  std::string text = fmt::format("What was {} is a live {}", resized ? "resized" : "freed",
                                 birth_text(*heap.block));
  if (!heap.overrun) return text + ".";
  const trace::HeapPointer& overrun = heap.overrun->pointer;
  if (overrun.block_address == given.block_address) {
    return text + "; something wrote past its end.";
  }
  return text +
         fmt::format("; {} before it ends a {}, and something wrote past that end.",
                     bytes_text(given.block_address - overrun.block_address - overrun.block_bytes),
                     birth_text(*heap.overrun));
}

}  // namespace

std::string heap_text(const PostMortem& report) {
  const analysis::HeapContext& heap = report.heap;
  if (heap.block && report.scene.given &&
      heap.block->pointer.block_address == report.scene.given->block_address) {
    return given_text(report);
  }
  if (!heap.block && heap.overrun) {
    return fmt::format("The last live block of the heap is a {}.", birth_text(*heap.overrun));
  }
  if (heap.block) {
    return pointer_text(report.scene, heap.block->pointer) + block_text(*heap.block) + ".";
  }
  if (!concerns_heap(report)) return "";
  std::string text;
  if (report.scene.fault_address) {
    text = heap.exact
               ? "Every allocation was recorded, and none of the known blocks is at the address"
               : "No sampled block is at the address";
    if (heap.chunk) text += "; " + chunk_text(*heap.chunk);
    text += ".";
  }
  if (heap.exact) return text;
  if (!text.empty()) text += " ";
  if (heap.interval_bytes == 0) return text + "Allocations were not recorded (DBGTRACE_SAMPLE=0).";
  if (heap.was_exact) {
    return text +
           "The table of live blocks was full, so that not each block is known: a larger "
           "DBGTRACE_SIZE keeps more.";
  }
  return text + fmt::format(
                    "With a sample every {} most small blocks are unknown: record with "
                    "DBGTRACE_SAMPLE=1 to know each.",
                    human_bytes(static_cast<double>(heap.interval_bytes)));
}

std::string meaning_text(const analysis::RegisterMeaning& meaning) {
  std::string text;
  switch (meaning.kind) {
    case PointeeKind::kNumber:
      text = meaning.value == 0 ? "" : fmt::format("= {}", meaning.value);
      break;
    case PointeeKind::kBlock:
      text = block_text(*meaning.block);
      break;
    case PointeeKind::kStack:
      text = meaning.offset == 0
                 ? "stack, at sp"
                 : fmt::format("stack, {} {} sp",
                               bytes_text(static_cast<uint64_t>(std::abs(meaning.offset))),
                               meaning.offset > 0 ? "above" : "below");
      break;
    case PointeeKind::kCode:
      text = "code of " + function_text(meaning.code);
      break;
    case PointeeKind::kMapping:
      text = !meaning.code.module.empty()
                 ? fmt::format("{} ({})", function_text(meaning.code), meaning.permissions)
                 : fmt::format("{}{} + {:#x} ({})", meaning.place.empty() ? "anonymous memory" : "",
                               meaning.place, meaning.offset, meaning.permissions);
      break;
    case PointeeKind::kNowhere:
      text = "nothing is mapped there";
      break;
    case PointeeKind::kInvalid:
      text = "no address on this processor";
      break;
    case PointeeKind::kUnknown:
      break;
  }
  if (!meaning.text.empty())
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", meaning.text);
  return text;
}

std::string advice_text(const PostMortem& report) {
  const auto& heap = report.heap;
  switch (report.verdict.crash_class) {
    case CrashClass::kNullDereference:
      return "at the frame marked > below, find which pointer is null there, and who should have "
             "set it.";
    case CrashClass::kUseAfterFree:
      return heap.block && !site_text(heap.block->death).empty()
                 ? fmt::format("find who still held the block when {} freed it.",
                               site_text(heap.block->death))
                 : "find who still held the block when it was freed.";
    case CrashClass::kHeapOverflow:
      return "at the frame marked > below, compare the index or length with the size of the block.";
    case CrashClass::kDoubleFree:
      return "find which two owners free the block: the one marked > below came second.";
    case CrashClass::kInvalidFree:
      return "at the frame marked > below, find where the freed pointer came from.";
    case CrashClass::kHeapCorruption:
      if (heap.overrun && !site_text(heap.overrun->birth).empty()) {
        return fmt::format(
            "compare what is written to the blocks of {} with their size; AddressSanitizer or "
            "Valgrind catch the write itself.",
            site_text(heap.overrun->birth));
      }
      return heap.was_exact
                 ? "the write that did it came earlier: run the program under AddressSanitizer or "
                   "Valgrind to catch it in the act."
                 : "the write that did it came earlier: record with DBGTRACE_SAMPLE=1 to know the "
                   "blocks around, or run the program under AddressSanitizer to catch it in the "
                   "act.";
    case CrashClass::kStackOverflow:
      return "find the end of the recursion, or the large variable, in the frames below.";
    case CrashClass::kStackSmash:
      return "look for a write past the end of a local array in the function marked > below.";
    case CrashClass::kAssertion:
    case CrashClass::kAbort:
      return "at the frame marked > below, see what the program found wrong.";
    case CrashClass::kUncaughtException:
      return "find who throws it in the frames below, and who should catch it.";
    case CrashClass::kArithmetic:
      return "at the frame marked > below, look at the divisor.";
    case CrashClass::kWildJump:
      return "find the function pointer, virtual call or return address that was overwritten.";
    case CrashClass::kWildAccess:
      return "at the frame marked > below, find where the pointer came from.";
    case CrashClass::kBusError:
      return "find who truncates the file, or whether the disk or /dev/shm was full.";
    case CrashClass::kSeccomp:
      return "allow the system call in the filter, or keep the program from making it.";
    case CrashClass::kIllegalInstruction:
      return "see which check or unreachable place compiled to it; else whether the program was "
             "built for this processor.";
    case CrashClass::kTrap:
      return "find the breakpoint in the code at the frame marked > below.";
    case CrashClass::kOutOfMemory:
      return "at the frame marked > below, see how much was asked for; who holds the rest tells "
             "`dbgtrace memory` on this recording.";
    case CrashClass::kSentByUser:
      return report.scene.by_itself
                 ? "at the frame marked > below, see why the program raised it."
                 : "ask who sent it; the stack shows what the program was doing.";
    case CrashClass::kUnknown:
      break;
  }
  return "the stack and the registers below are all that is known.";
}

}  // namespace dbgtrace::reader::output
