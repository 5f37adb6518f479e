// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/frame_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "reader/analysis/title_frame.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// Exactly these.
constexpr std::string_view kExits[] = {"abort",
                                       "raise",
                                       "gsignal",
                                       "pthread_kill",
                                       "kill",
                                       "tgkill",
                                       "__assert_fail",
                                       "__assert_fail_base",
                                       "__assert_perror_fail",
                                       "__assert",
                                       "__stack_chk_fail",
                                       "__stack_chk_fail_local",
                                       "__fortify_fail",
                                       "__chk_fail",
                                       "__libc_message",
                                       "__libc_message_impl",
                                       "__libc_fatal",
                                       "malloc_printerr",
                                       "_Exit",
                                       "_exit",
                                       "exit",
                                       "quick_exit",
                                       "xalloc_die",
                                       "g_assertion_message",
                                       "g_assertion_message_expr",
                                       "g_log",
                                       "g_logv",
                                       "g_log_structured_array",
                                       "__cxa_pure_virtual",
                                       "__cxa_deleted_virtual",
                                       "__cxa_throw",
                                       "__cxa_rethrow",
                                       "__cxa_bad_cast",
                                       "__cxa_bad_typeid",
                                       "__cxa_call_terminate",
                                       "__cxa_call_unexpected",
                                       "__clang_call_terminate",
                                       "__gxx_personality_v0",
                                       "_Unwind_RaiseException",
                                       "_Unwind_Resume",
                                       "_Unwind_RaiseException_Phase2",
                                       "rust_begin_unwind",
                                       "rust_panic",
                                       "__rust_start_panic",
                                       "__restore_rt"};

// What begins with one of these.
constexpr std::string_view kExitFamilies[] = {"__pthread_kill",
                                              "__GI_raise",
                                              "__GI_abort",
                                              "std::terminate",
                                              "std::unexpected",
                                              "std::__throw_",
                                              "__cxxabiv1::",
                                              "__gnu_cxx::__verbose_terminate",
                                              "std::panicking::",
                                              "core::panicking::",
                                              "core::result::unwrap_failed",
                                              "core::option::expect_failed",
                                              "core::option::unwrap_failed",
                                              "std::rt::",
                                              "std::process::abort",
                                              "__rustc::",
                                              "std::sys",
                                              "std::__glibcxx_assert_fail",
                                              "std::__replacement_assert",
                                              "__gnu_debug::"};

// Functions of the allocator that are called by, and never call, the program.
constexpr std::string_view kHelpers[] = {
    "malloc",       "free",           "calloc",          "realloc",           "cfree",
    "memalign",     "posix_memalign", "aligned_alloc",   "_int_malloc",       "_int_free",
    "_int_realloc", "__libc_malloc",  "__libc_free",     "__libc_realloc",    "__libc_calloc",
    "operator new", "operator new[]", "operator delete", "operator delete[]", "malloc_consolidate",
    "unlink_chunk", "sysmalloc",      "tcache_get",      "tcache_put"};

template <size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

template <size_t N>
bool begins_as_one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// The C library has a version of these for each kind of processor: "__strlen_avx2", and names of
// its own for what it calls itself: "__GI___libc_free".
std::string without_variant(std::string name) {
  constexpr std::string_view kInternal = "__GI_";
  if (name.starts_with(kInternal)) name.erase(0, kInternal.size());
  constexpr std::string_view kVersions[] = {"_avx",    "_sse",     "_evex",  "_erms", "_unaligned",
                                            "_ssse3",  "_generic", "_power", "_neon", "_thunderx",
                                            "_falkor", "_a64fx",   "_mops",  "_ifunc"};
  if (!name.starts_with("__")) return name;
  size_t end = std::string::npos;
  for (std::string_view version : kVersions) end = std::min(end, name.find(version));
  return end == std::string::npos || end <= 2 ? name : name.substr(2, end - 2);
}

// "main::{lambda(int)#1}::operator()" -> "main::{lambda}::operator()"; "main::$_0" ->
// "main::{lambda}".
std::string without_numbers(std::string_view name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    const std::string_view rest = name.substr(i);
    if (rest.starts_with("{lambda(") || rest.starts_with("'lambda")) {
      plain += "{lambda}";
      const size_t end = rest.front() == '{' ? rest.find('}') : rest.find('\'', 1);
      if (end == std::string_view::npos) return plain;
      i += end;
    } else if (rest.starts_with("$_")) {
      plain += "{lambda}";
      const size_t end = rest.find_first_not_of("0123456789", 2);
      if (end == std::string_view::npos) return plain;
      i += end - 1;
    } else {
      plain += name[i];
    }
  }
  return plain;
}

std::string without_clone(std::string_view name) {
  std::string plain(name.substr(0, name.find(" [clone")));
  for (std::string_view suffix :
       {".cold", ".part.", ".isra.", ".constprop.", ".lto_priv.", ".llvm."}) {
    const size_t at = plain.find(suffix, 1);
    if (at != std::string::npos) plain.erase(at);
  }
  return plain;
}

// Rust's legacy names end in a hash of the whole crate: "::h0123456789abcdef".
std::string without_hash(std::string name) {
  constexpr size_t kBytes = 19;
  if (name.size() <= kBytes || name.compare(name.size() - kBytes, 3, "::h") != 0) return name;
  const size_t digits = name.size() - 16;
  if (name.find_first_not_of("0123456789abcdef", digits) == std::string::npos)
    name.resize(digits - 3);
  return name;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string comparable_name(const symbols::Frame& frame) {
  if (frame.function.empty()) {
    if (frame.module.empty()) return "(unknown code)";
    return fmt::format("{}+{:#x}", base_name(frame.module), frame.offset);
  }
  std::string name = without_numbers(without_hash(without_clone(frame.function)));
  std::string plain = plain_name(name);
  // "{lambda" has no parenthesis any more, so that plain_name sees only the argument list.
  if (plain.empty()) plain = std::move(name);
  return without_variant(std::move(plain));
}

FrameRole role_of(const symbols::Frame& frame) {
  const std::string name = comparable_name(frame);
  if (!frame.function.empty()) {
    if (is_one_of(kExits, name) || begins_as_one_of(kExitFamilies, name)) return FrameRole::kExit;
    if (is_one_of(kHelpers, name) || is_plumbing(frame)) return FrameRole::kHelp;
    return FrameRole::kOwn;
  }
  // Without names, the C library's inside is as good as anybody's; it has no stable offsets.
  if (!frame.module.empty() && is_plumbing(frame)) return FrameRole::kExit;
  return FrameRole::kOwn;
}

}  // namespace dbgtrace::reader::analysis
