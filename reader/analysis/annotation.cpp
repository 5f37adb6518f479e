// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/annotation.hpp"

#include <set>
#include <string_view>
#include <unordered_map>

namespace dbgtrace::reader::analysis {
namespace {

// Whole parts of a path: "b/c.h" is the end of "/a/b/c.h", not of "/a/bb/c.h".
bool ends_path(std::string_view path, std::string_view end) {
  while (end.starts_with("./")) end.remove_prefix(2);
  if (end.empty() || !path.ends_with(end)) return false;
  return path.size() == end.size() || end.front() == '/' ||
         path[path.size() - end.size() - 1] == '/';
}

LineFigures& operator+=(LineFigures& sum, const LineFigures& more) {
  sum.live_bytes += more.live_bytes;
  sum.allocated_bytes += more.allocated_bytes;
  sum.allocations += more.allocations;
  sum.leaked_bytes += more.leaked_bytes;
  return sum;
}

void add_stack(Annotation& annotation, const ResolvedStack& stack, const LineFigures& figures) {
  std::set<unsigned> passed;
  for (const symbols::Frame& frame : stack.frames) {
    if (frame.line == 0 || frame.file != annotation.file) continue;
    AnnotatedLine& line = annotation.lines[frame.line];
    if (passed.empty()) {
      line.here += figures;
      annotation.all += figures;
    }
    if (passed.insert(frame.line).second) line.through += figures;
  }
}

}  // namespace

Annotation annotate(const MemoryReport& memory, const LeakReport& leaks, const Resolver& resolver,
                    const std::string& source) {
  std::unordered_map<uint32_t, double> leaked;
  for (const Leak& leak : leaks.leaks) {
    if (leak.verdict.leak_class == LeakClass::kGrowing) leaked[leak.stack] += leak.bytes.value;
  }
  std::map<std::string, Annotation> by_file;
  for (const MemorySite& site : memory.sites) {
    const ResolvedStack stack = resolver.resolve(site.stack);
    const auto leak = leaked.find(site.stack);
    const LineFigures figures{site.live_bytes.value, site.allocated_bytes.value,
                              site.allocations.value, leak == leaked.end() ? 0 : leak->second};
    std::set<std::string_view> files;
    for (const symbols::Frame& frame : stack.frames) {
      if (frame.line == 0 || !ends_path(frame.file, source)) continue;
      if (!files.insert(frame.file).second) continue;
      Annotation& annotation = by_file[std::string(frame.file)];
      annotation.file = frame.file;
      add_stack(annotation, stack, figures);
    }
  }
  const Annotation* best = nullptr;
  for (const auto& [file, annotation] : by_file) {
    if (best == nullptr || annotation.all.allocated_bytes > best->all.allocated_bytes) {
      best = &annotation;
    }
  }
  if (best == nullptr) return {};
  Annotation result = *best;
  for (const auto& [file, annotation] : by_file) {
    if (file != result.file) result.other_files.push_back(file);
  }
  return result;
}

}  // namespace dbgtrace::reader::analysis
