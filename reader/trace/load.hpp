// SPDX-License-Identifier: Apache-2.0
// From a file to the model. Only a file whose header can't be used fails; every other damage is
// noted in the model, and what is whole is loaded. Time and memory are bounded by the file's size,
// whatever is in it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "reader/trace/result.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

struct LoadOptions {
  bool events = false;  // decode the history too
};

Result<Trace> load(const std::string& path, const LoadOptions& options = {});

// The same of bytes in memory, at a multiple of 8; path is used in messages only.
Result<Trace> load_image(std::span<const std::byte> file, const std::string& path,
                         const LoadOptions& options = {});

}  // namespace dbgtrace::reader::trace
