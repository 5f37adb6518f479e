// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/suppressions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "reader/analysis/call_tree.hpp"
#include "reader/analysis/name_pattern.hpp"

namespace dbgtrace::reader::analysis {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_runtime(std::string_view module) {
  return module.starts_with("libc.") || module.starts_with("libc-") ||
         module.starts_with("ld-linux") || module.starts_with("libstdc++");
}

// Whether the allocation was made by the C library, the loader or the C++ library for itself: the
// innermost frame lies there, of the C++ library (where every operator new does) the two innermost.
// Told from modules alone, so that not every stack has to be looked up for the few that fit.
bool is_of_runtime(const trace::Trace& trace, uint32_t stack_index) {
  if (stack_index >= trace.stacks.size()) return false;
  const trace::Stack stack = trace.stacks[stack_index];
  size_t own = 0;
  for (const uint64_t pc : stack.pcs) {
    const trace::Module* module = trace::module_at(trace, pc, stack.time_us);
    const std::string_view name = module == nullptr ? "" : base_name(module->path);
    if (name == "libdbgtrace.so") continue;
    if (!is_runtime(name)) return false;
    if (!name.starts_with("libstdc++") || ++own == 2) return true;
  }
  return false;
}

}  // namespace

trace::Result<std::vector<Suppression>> parse_suppressions(const std::string& text,
                                                           const std::string& path) {
  std::vector<Suppression> list;
  std::istringstream lines(text);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content.starts_with('#')) continue;
    constexpr std::string_view kKind = "leak:";
    if (!content.starts_with(kKind) || trimmed(content.substr(kKind.size())).empty()) {
      return trace::LoadError{
          fmt::format("{}:{}: \"leak:PATTERN\" is expected, as LeakSanitizer has it", path, number),
          0};
    }
    list.push_back({std::string(trimmed(content.substr(kKind.size()))), false});
  }
  return list;
}

const std::vector<Suppression>& built_in_suppressions() {
  static const std::vector<Suppression> kList = [] {
    std::vector<Suppression> list;
    for (const char* pattern : {
             "^_IO_file_doallocate$",  // a stream's buffer
             "^_IO_wfile_doallocate$",
             "^_dl_new_object$",  // the loader's own lists
             "^_dl_map_object",
             "^_dl_check_map_versions$",
             "^_dl_init_paths$",
             "^_dl_resize_scope$",
             "^add_to_global",
             "^call_init",  // of the C++ library: its pool for exceptions
             "^_GLOBAL__sub_I_eh_alloc.cc$",
             "^_nl_",  // locales, conversions, message catalogues
             "^__gconv_",
             "^setlocale$",
             "^newlocale$",
             "^__nss_",  // name services
             "^nss_",
             "^tzset_internal$",
             "^__tzfile_",
             "^__new_exitfn$",  // more than 32 exit handlers
         }) {
      list.push_back({pattern, true});
    }
    return list;
  }();
  return kList;
}

bool suppresses(const Suppression& suppression, const ResolvedStack& stack) {
  for (const symbols::Frame& frame : stack.frames) {
    // Of the runtime's own doing is only what happens inside of its innermost frames.
    if (suppression.built_in && !is_runtime(base_name(frame.module))) return false;
    if (fits(suppression.pattern, frame_label(frame))) return true;
    if (suppression.built_in) continue;
    if (fits(suppression.pattern, frame.file) || fits(suppression.pattern, frame.module))
      return true;
  }
  return false;
}

std::vector<Suppressed> suppress(LeakReport& report, const trace::Trace& trace,
                                 const Resolver& resolver,
                                 const std::vector<Suppression>& suppressions) {
  std::vector<Suppressed> all;
  for (const Suppression& suppression : suppressions) all.push_back({suppression, 0, 0, 0});
  const bool only_built_in =
      std::all_of(suppressions.begin(), suppressions.end(),
                  [](const Suppression& suppression) { return suppression.built_in; });
  std::erase_if(report.leaks, [&](const Leak& leak) {
    const bool grows = leak.verdict.leak_class == LeakClass::kGrowing;
    const bool of_runtime = !grows && is_of_runtime(trace, leak.stack);
    if (all.empty() || (only_built_in && !of_runtime)) return false;
    const ResolvedStack stack = resolver.resolve(leak.stack);
    for (Suppressed& one : all) {
      if (one.by.built_in && !of_runtime) continue;
      if (!suppresses(one.by, stack)) continue;
      ++one.leaks;
      one.bytes += leak.bytes.value;
      one.count += leak.count.value;
      return true;
    }
    return false;
  });
  std::erase_if(all, [](const Suppressed& one) { return one.leaks == 0; });
  return all;
}

}  // namespace dbgtrace::reader::analysis
