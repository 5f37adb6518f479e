// SPDX-License-Identifier: Apache-2.0
// The rules behind classify(), by what the kernel reported: a bad access, or an abort. Each is
// given a scene of its kind and always has an answer.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "reader/analysis/crash_class.hpp"

namespace dbgtrace::reader::analysis {

CrashVerdict classify_access(const CrashScene& scene);  // SIGSEGV, SIGBUS
CrashVerdict classify_abort(const CrashScene& scene);   // SIGABRT

inline CrashVerdict verdict(CrashClass crash_class, double confidence, std::string reason) {
  CrashVerdict result{crash_class, confidence};
  return result.because(std::move(reason));
}

// One of the program's first `depth` frames, seen from the crash, has a name that fits.
template <typename Fits>
bool any_function(const CrashScene& scene, size_t depth, Fits fits) {
  const auto& frames = scene.stack.frames;
  const size_t begin = std::min(scene.crash_frame, frames.size());
  const size_t end = std::min(frames.size(), begin + depth);
  return std::any_of(frames.begin() + static_cast<ptrdiff_t>(begin),
                     frames.begin() + static_cast<ptrdiff_t>(end),
                     [&fits](const symbols::Frame& frame) { return fits(frame.function); });
}

inline bool calls(const CrashScene& scene, size_t depth,
                  std::initializer_list<std::string_view> names) {
  return any_function(scene, depth, [names](std::string_view function) {
    const std::string_view plain = function.substr(0, function.find('('));
    return std::find(names.begin(), names.end(), plain) != names.end();
  });
}

// What a class is given at most that another reading of the same facts speaks against.
inline constexpr double kOpenToDoubt = 0.9;

// The pointer may be what the crashed call of the C library was given.
bool is_in_call(const CrashScene& scene, const trace::HeapPointer& pointer);
// The live block whose end is followed by the header of the one that free() was given.
std::optional<trace::HeapPointer> neighbour_before(const CrashScene& scene);
// The live block that is followed by the heap's unused end; a guess.
std::optional<trace::HeapPointer> last_before_top(const CrashScene& scene);

// Execution stood inside the C library's allocator: in free() and the like, or in what they call.
bool in_allocator(const CrashScene& scene);

}  // namespace dbgtrace::reader::analysis
