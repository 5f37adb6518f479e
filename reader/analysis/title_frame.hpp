// SPDX-License-Identifier: Apache-2.0
// Which frame of an allocation stack names it for a reader. The innermost ones are the allocator,
// the C++ library's containers and the C library, the same in every stack; the first frame outside
// of them is where someone decided to allocate.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::analysis {

// By the file's name: the standard libraries of C and C++, other allocators, and the loader.
bool is_runtime_library(std::string_view path);

// True for allocation functions, the standard libraries of C, C++ and Rust, and the loader.
bool is_plumbing(const symbols::Frame& frame);

// Index of the first frame with a name or at least a module that is no plumbing; 0 if all are.
size_t title_frame(const std::vector<symbols::Frame>& frames);

// A function's name without return type, arguments and template arguments: "std::vector::push_back"
// of "void std::vector<int, std::allocator<int> >::push_back(int const&)".
std::string plain_name(std::string_view function);

}  // namespace dbgtrace::reader::analysis
