// SPDX-License-Identifier: Apache-2.0
// libiberty gives out text piece by piece to a callback that has no way to refuse more. So the
// callback leaves by longjmp when the cap is reached: only C frames lie between, and those that
// libiberty holds at that point own at most one small buffer.
#include "reader/symbols/demangle.hpp"

// libiberty would else declare a basename of its own, unlike the C library's.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace dbgtrace::reader::symbols {
namespace {

constexpr size_t kMaxMangledBytes = 4096;
constexpr size_t kMaxReadableBytes = 16384;
// libiberty refuses longer C++ names unless its recursion limit is lifted; its stack use is then
// proportional to the name, which kMaxMangledBytes keeps under a megabyte.
constexpr size_t kMaxBytesWithinRecursionLimit = 1024;
// D has no callback interface and its back references can double the text each.
constexpr size_t kMaxDBytes = 1024;
constexpr ptrdiff_t kMaxDBackReferences = 20;

struct Output {
  std::jmp_buf full;
  size_t used;
  char text[kMaxReadableBytes];
};

void append(const char* piece, size_t size, void* opaque) {
  auto* output = static_cast<Output*>(opaque);
  if (size > sizeof output->text - output->used) std::longjmp(output->full, 1);
  std::memcpy(output->text + output->used, piece, size);
  output->used += size;
}

using Language = int (*)(const char*, int, demangle_callbackref, void*);

// No object with a destructor may live in this frame: see the longjmp above.
bool demangle_into(Output* output, Language language, const char* name, int options) {
  output->used = 0;
  if (setjmp(output->full) != 0) return false;
  return language(name, options, append, output) != 0 && output->used > 0;
}

std::string demangle_d(const std::string& name) {
  if (name.size() > kMaxDBytes || std::count(name.begin(), name.end(), 'Q') > kMaxDBackReferences) {
    return {};
  }
  char* readable = cplus_demangle(name.c_str(), DMGL_DLANG | DMGL_PARAMS);
  if (readable == nullptr) return {};
  std::string result(readable, std::min(std::strlen(readable), kMaxReadableBytes));
  std::free(readable);
  return result;
}

// What the optimiser makes of a function is still that function, and so is each version of it;
// with their suffixes, stacks of two builds of one program would not compare.
std::string_view without_suffix(std::string_view name) {
  constexpr std::string_view kSuffixes[] = {"@",           ".cold",      ".part.", ".isra.",
                                            ".constprop.", ".lto_priv.", ".llvm."};
  size_t end = name.size();
  for (std::string_view suffix : kSuffixes) end = std::min(end, name.find(suffix, 1));
  return name.substr(0, end);
}

std::string demangle(const std::string& name) {
  const char* text = name.c_str();
  if (name.size() <= kMaxMangledBytes && is_mangled(name)) {
    if (name.starts_with("_D")) {
      if (std::string readable = demangle_d(name); !readable.empty()) return readable;
      return name;
    }
    const auto output = std::make_unique<Output>();
    constexpr int kOptions = DMGL_PARAMS | DMGL_ANSI;
    const int unlimited = name.size() < kMaxBytesWithinRecursionLimit ? 0 : DMGL_NO_RECURSE_LIMIT;
    // Rust first: its legacy scheme is valid C++ mangling with a hash for a last name.
    if (demangle_into(output.get(), rust_demangle_callback, text, kOptions) ||
        demangle_into(output.get(), cplus_demangle_v3_callback, text, kOptions | unlimited)) {
      return std::string(output->text, output->used);
    }
  }
  if (name.size() <= kMaxMangledBytes) return name;
  return name.substr(0, kMaxMangledBytes) + "...";
}

}  // namespace

bool is_mangled(std::string_view name) {
  return name.starts_with("_Z") || name.starts_with("_R") || name.starts_with("_D") ||
         name.starts_with("_GLOBAL_");
}

const std::string& Demangler::operator()(const char* name) {
  // A longer one is cut anyway; looking no further keeps a hostile string table cheap.
  const std::string_view key(name, strnlen(name, kMaxMangledBytes + 1));
  if (auto known = known_.find(key); known != known_.end()) return known->second;
  std::string readable = demangle(std::string(without_suffix(key)));
  return known_.emplace(std::string(key), std::move(readable)).first->second;
}

}  // namespace dbgtrace::reader::symbols
