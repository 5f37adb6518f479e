// SPDX-License-Identifier: Apache-2.0
// Built with frame pointers, as the hooks are; the code whose stacks are walked is not.
#include "tests/integration/unwind_compare/unwinders.hpp"

#include <dlfcn.h>
#include <unwind.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <algorithm>
#include <array>
#include <span>

#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/walk.hpp"
#include "tests/integration/unwind_compare/memo_check.hpp"

extern "C" void* __libc_stack_end;

namespace unwind_compare {

namespace stack = dbgtrace::hooks::stack;

Tally ordinary;
Tally asynchronous;
bool only_memo;
thread_local bool is_comparing;

namespace {

constexpr size_t kMaxFrames = stack::kMaxWalkedFrames + 64;
constexpr unsigned kReportedDifferences = 5;

thread_local stack::StackBounds bounds;
unsigned reported;

decltype(&unw_init_local2) libunwind_init;
decltype(&unw_step) libunwind_step;
decltype(&unw_get_reg) libunwind_get_reg;
int (*libunwind_getcontext)(unw_context_t*);
int (*libunwind_backtrace)(void**, int);

#define QUOTED_NAME(x) #x
#define NAME_OF(x) QUOTED_NAME(x)

struct Frames {
  std::array<uintptr_t, kMaxFrames> pcs;
  size_t count = 0;

  void add(uintptr_t pc) {
    if (count < kMaxFrames) pcs[count++] = pc;
  }
  std::span<const uintptr_t> from(uintptr_t first) const {
    const auto begin = std::find(pcs.begin(), pcs.begin() + count, first);
    return {begin, pcs.begin() + count};
  }
};

// A stack of one's own for the three lists: check_here() also runs on fibers of 64 KiB.
struct Scratch {
  Frames ours;
  Frames libunwind;
  Frames libgcc;
};
thread_local Scratch scratch;

void step_with_libunwind(unw_context_t& context, int flags, Frames& frames) {
  frames.count = 0;
  unw_cursor_t cursor;
  if (libunwind_init(&cursor, &context, flags) != 0) return;
  do {
    unw_word_t pc = 0;
    libunwind_get_reg(&cursor, UNW_REG_IP, &pc);
    if (pc == 0) break;
    frames.add(pc);
  } while (libunwind_step(&cursor) > 0);
}

void step_with_libgcc(Frames& frames) {
  frames.count = 0;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* into) {
        const auto pc = _Unwind_GetIP(context);
        if (pc != 0) static_cast<Frames*>(into)->add(pc);
        return _URC_NO_REASON;
      },
      &frames);
}

// Ours keeps only the ends of a deep stack: the reference is cut alike.
bool same(std::span<const uintptr_t> ours, std::span<const uintptr_t> reference,
          const stack::WalkResult& result) {
  if (ours.size() + result.omitted != reference.size() && result.end != stack::Step::kFrame) {
    return false;
  }
  if (reference.size() < ours.size()) return false;
  if (!std::equal(ours.begin(), ours.begin() + result.leaf_count, reference.begin())) return false;
  if (result.end == stack::Step::kFrame) return true;
  return std::equal(ours.begin() + result.leaf_count, ours.end(),
                    reference.end() - (ours.size() - result.leaf_count));
}

void report(const char* who, std::span<const uintptr_t> ours, std::span<const uintptr_t> theirs,
            const stack::WalkResult& result) {
  if (reported++ >= kReportedDifferences) return;
  std::fprintf(stderr, "differs from %s: ours %zu frames (+%u omitted, end %d), theirs %zu\n", who,
               ours.size(), result.omitted, static_cast<int>(result.end), theirs.size());
  for (size_t i = 0; i < std::max(ours.size(), theirs.size()) && i < 24; ++i) {
    const uintptr_t a = i < ours.size() ? ours[i] : 0;
    const uintptr_t b = i < theirs.size() ? theirs[i] : 0;
    Dl_info info{};
    dladdr(reinterpret_cast<void*>(a != 0 ? a : b), &info);
    std::fprintf(stderr, "  %2zu %14lx %14lx %s %s\n", i, a, b, a == b ? " " : "*",
                 info.dli_sname != nullptr ? info.dli_sname : "");
  }
}

// While libgcc lands an exception it has put the landing pad where a return address was: no stack
// until it has jumped there, and its own walk, which trusts each word, may even crash.
bool is_in_libgcc(uintptr_t pc) {
  stack::CodeObject interrupted;
  stack::CodeObject libgcc;
  return stack::find_object(pc, interrupted) &&
         stack::find_object(reinterpret_cast<uintptr_t>(&_Unwind_Backtrace), libgcc) &&
         interrupted.map_start == libgcc.map_start;
}

void compare(const stack::Registers& start, Tally& tally) {
  std::array<uintptr_t, stack::kMaxStoredFrames> out;
  const auto result = stack::walk(start, out, bounds, stack::SystemCalls::kAllowed);
  const std::span<const uintptr_t> ours(out.data(), result.count);
  const auto libunwind = scratch.libunwind.from(start.pc);
  const auto libgcc = scratch.libgcc.from(start.pc);
  ++tally.walks;
  tally.frames += result.count;
  if (result.end == stack::Step::kComplex) {
    ++tally.complex;
    return;
  }
  if (!same(ours, libunwind, result)) {
    ++tally.different_from_libunwind;
    report("libunwind", ours, libunwind, result);
  }
  if (!same(ours, libgcc, result)) {
    ++tally.different_from_libgcc;
    report("libgcc", ours, libgcc, result);
  }
}

}  // namespace

bool load_unwinders() {
  stack::set_dl_find_object(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  stack::set_main_stack_end(reinterpret_cast<uintptr_t>(__libc_stack_end));
  void* library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  libunwind_init =
      reinterpret_cast<decltype(libunwind_init)>(dlsym(library, NAME_OF(unw_init_local2)));
  libunwind_step = reinterpret_cast<decltype(libunwind_step)>(dlsym(library, NAME_OF(unw_step)));
  libunwind_get_reg =
      reinterpret_cast<decltype(libunwind_get_reg)>(dlsym(library, NAME_OF(unw_get_reg)));
  libunwind_getcontext = reinterpret_cast<decltype(libunwind_getcontext)>(
      dlsym(library, NAME_OF(UNW_ARCH_OBJ(getcontext))));
  libunwind_backtrace =
      reinterpret_cast<decltype(libunwind_backtrace)>(dlsym(library, "unw_backtrace"));
  return libunwind_init != nullptr && libunwind_step != nullptr && libunwind_get_reg != nullptr &&
         libunwind_getcontext != nullptr && libunwind_backtrace != nullptr;
}

[[gnu::noinline]] void check_here() {
  is_comparing = true;
  check_memo(stack::from_frame(__builtin_frame_address(0)));
  if (only_memo) {
    is_comparing = false;
    return;
  }
  unw_context_t context;
  libunwind_getcontext(&context);
  step_with_libunwind(context, 0, scratch.libunwind);
  step_with_libgcc(scratch.libgcc);
  compare(stack::from_frame(__builtin_frame_address(0)), ordinary);
  is_comparing = false;
}

[[gnu::noinline]] void check_in_handler(const ucontext_t& from) {
  const stack::Registers interrupted = stack::from_ucontext(from);
  interrupt_memo(stack::from_frame(__builtin_frame_address(0)));
  if (only_memo) return;
  if (is_comparing || is_in_libgcc(interrupted.pc)) return;
  is_comparing = true;
  // From the context alone, and through the signal's frame.
  ucontext_t copy = from;
  step_with_libunwind(copy, UNW_INIT_SIGNAL_FRAME, scratch.libunwind);
  step_with_libgcc(scratch.libgcc);
  compare(interrupted, asynchronous);
  unw_context_t context;
  libunwind_getcontext(&context);
  step_with_libunwind(context, 0, scratch.libunwind);
  compare(stack::from_frame(__builtin_frame_address(0)), asynchronous);
  is_comparing = false;
}

[[gnu::noinline]] unsigned walk_with_ours() {
  std::array<uintptr_t, stack::kMaxStoredFrames> out;
  return stack::walk(stack::from_frame(__builtin_frame_address(0)), out, bounds,
                     stack::SystemCalls::kAllowed)
      .count;
}

[[gnu::noinline]] unsigned walk_with_libgcc() {
  step_with_libgcc(scratch.libgcc);
  return static_cast<unsigned>(scratch.libgcc.count);
}

[[gnu::noinline]] unsigned walk_with_unw_step() {
  unw_context_t context;
  libunwind_getcontext(&context);
  step_with_libunwind(context, 0, scratch.libunwind);
  return static_cast<unsigned>(scratch.libunwind.count);
}

[[gnu::noinline]] unsigned walk_with_unw_backtrace() {
  void* out[256];
  return static_cast<unsigned>(libunwind_backtrace(out, 256));
}

}  // namespace unwind_compare
