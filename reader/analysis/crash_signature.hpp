// SPDX-License-Identifier: Apache-2.0
// A name for a crash that is the same whenever the same bug strikes, so that a thousand recordings
// become a handful of bugs: the function that crashed, led by the helpers it crashed in, as
// "strlen | Session::name".
#pragma once

#include <string>
#include <vector>

#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::analysis {

// frames are innermost first; the crash is at frames[begin].
std::string crash_signature(const std::vector<symbols::Frame>& frames, size_t begin);
// The same of a stack that overflowed, where the innermost frame is a matter of chance: the
// functions that call each other again and again.
std::string recursion_signature(const std::vector<symbols::Frame>& frames);

// Index of the frame that a report puts first: the innermost, from begin on, of the program's own.
size_t crash_title(const std::vector<symbols::Frame>& frames, size_t begin);
// The same of a stack that overflowed: the innermost call that goes round once more.
size_t recursion_title(const std::vector<symbols::Frame>& frames);

// Cut to the length that a signature may have.
std::string bounded_signature(std::string text);

// 16 hexadecimal digits that stand for the signature.
std::string signature_id(const std::string& signature);

}  // namespace dbgtrace::reader::analysis
