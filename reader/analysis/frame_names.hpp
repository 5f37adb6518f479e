// SPDX-License-Identifier: Apache-2.0
// How a frame is called where crashes are compared: the same in the next build, in another instance
// of the template and on another processor; and which frames are only the way to or from a crash.
#pragma once

#include <string>

#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::analysis {

// "Cache::put" of "void Cache::put<int>(int) [clone .cold]"; "memcpy" of
// "__memcpy_avx_unaligned_erms"; "libfoo.so+0x1234" without a name, "(unknown code)" without a
// module.
std::string comparable_name(const symbols::Frame& frame);

enum class FrameRole {
  kOwn,   // the program's: a crash here is this function's
  kHelp,  // somebody's helper (strlen, std::vector, operator new): named, but the caller matters
          // too
  kExit   // how one dies (abort, raise, assert, terminate): says nothing
};
FrameRole role_of(const symbols::Frame& frame);

}  // namespace dbgtrace::reader::analysis
