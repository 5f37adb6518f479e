// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/title_frame.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dbgtrace::reader::analysis {
namespace {

constexpr std::array<std::string_view, 24> kAllocators = {
    "malloc",         "calloc", "realloc",  "reallocarray",  "memalign",       "aligned_alloc",
    "posix_memalign", "valloc", "pvalloc",  "strdup",        "strndup",        "__strdup",
    "__strndup",      "wcsdup", "asprintf", "vasprintf",     "getline",        "getdelim",
    "mmap",           "mmap64", "mremap",   "__libc_malloc", "__libc_realloc", "__libc_calloc"};

constexpr std::array<std::string_view, 10> kLibraries = {
    "libc.so",   "libc-",       "libstdc++.so", "libc++.so",    "libc++abi.so",
    "ld-linux-", "libpthread.", "libjemalloc.", "libmimalloc.", "libgcc_s.so"};

constexpr std::array<std::string_view, 11> kNamespaces = {
    "std::",  "__gnu_cxx::", "operator new", "alloc::", "core::", "hashbrown::",
    "<std::", "<alloc::",    "<core::",      "__rust_", "__rdl_"};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool starts_with_any(std::string_view text, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

// xmalloc, zcalloc, g_realloc, my_strdup, zmalloc_usable, xreallocarray: a project's own way to
// call the allocator.
bool is_allocation_wrapper(std::string_view name) {
  static constexpr std::array<std::string_view, 24> kPrefixes = {
      "x",   "z",  "s",   "p",   "e",  "ck_",  "g_",   "je_", "tc_",   "mi_", "safe_",    "my_",
      "pg_", "xx", "do_", "try", "zz", "try_", "apr_", "av_", "git__", "z_",  "checked_", "safe"};
  static constexpr std::array<std::string_view, 6> kCalls = {"malloc", "calloc",  "realloc",
                                                             "strdup", "strndup", "memdup"};
  static constexpr std::array<std::string_view, 11> kEndings = {
      "",    "0",         "_usable", "array", "_array",          "_n",
      "_n0", "_internal", "_impl",   "_safe", "_usable_internal"};
  for (const std::string_view prefix : kPrefixes) {
    if (!name.starts_with(prefix)) continue;
    for (const std::string_view call : kCalls) {
      const std::string_view rest = name.substr(prefix.size());
      if (!rest.starts_with(call)) continue;
      const std::string_view ending = rest.substr(call.size());
      if (std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end()) return true;
    }
  }
  return name.starts_with("ztry") && is_allocation_wrapper(name.substr(1));
}

}  // namespace

bool is_runtime_library(std::string_view path) {
  return starts_with_any(base_name(path), kLibraries);
}

std::string plain_name(std::string_view function) {
  std::string plain;
  int depth = 0;
  for (size_t i = 0; i < function.size(); ++i) {
    const char c = function[i];
    if (function.compare(i, 8, "operator") == 0 && depth == 0) {
      // The name of an operator may hold any of the signs that matter below.
      const size_t end = function.find('(', i + 9);
      return plain.append(function.substr(i, end == std::string_view::npos ? end : end - i));
    }
    if (function.compare(i, 21, "(anonymous namespace)") == 0 && depth == 0) {
      plain += "(anonymous namespace)";
      i += 20;
    } else if (c == '<' && depth == 0 && i + 1 < function.size() &&
               (plain.empty() || plain.back() == ' ')) {
      return plain.append(function.substr(i));  // Rust: <T as Trait>::method
    } else if (c == '<') {
      ++depth;
    } else if (c == '>') {
      depth = std::max(0, depth - 1);
    } else if (depth == 0 && c == '(') {
      break;
    } else if (depth == 0 && c == ' ') {
      plain.clear();  // what came before was the return type
    } else if (depth == 0) {
      plain += c;
    }
  }
  return plain;
}

bool is_plumbing(const symbols::Frame& frame) {
  if (frame.file.find("/include/c++/") != std::string::npos) return true;
  if (is_runtime_library(frame.module)) return true;
  const std::string name = plain_name(frame.function);
  if (starts_with_any(name, kNamespaces)) return true;
  if (is_allocation_wrapper(name)) return true;
  return std::find(kAllocators.begin(), kAllocators.end(), name) != kAllocators.end();
}

size_t title_frame(const std::vector<symbols::Frame>& frames) {
  for (size_t i = 0; i < frames.size(); ++i) {
    const bool known = !frames[i].function.empty() || !frames[i].module.empty();
    if (known && !is_plumbing(frames[i])) return i;
  }
  return 0;
}

}  // namespace dbgtrace::reader::analysis
