// SPDX-License-Identifier: Apache-2.0
// Frames and stacks as text. A frame without a name still says where to look: module + offset.
#pragma once

#include <string>

#include "reader/analysis/resolver.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

// "handle_request", or "libfoo.so+0x1234", or "0x7f..." outside of every module.
std::string function_text(const symbols::Frame& frame);
// "server.cpp:41", or the module's name if the line is unknown.
std::string place_text(const symbols::Frame& frame);
// Both: "handle_request (server.cpp:41)"; of the frame that names the stack.
std::string title_text(const analysis::ResolvedStack& stack);

// One line a frame, innermost first, at most max_frames of them (0: all).
void put_stack(TextPage& page, const analysis::ResolvedStack& stack, size_t max_frames);

}  // namespace dbgtrace::reader::output
