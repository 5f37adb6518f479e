// SPDX-License-Identifier: Apache-2.0
// From a file to the model. Only a file whose header can't be used fails; every other damage is
// noted in the model, and what is whole is loaded. Time and memory are bounded by the file's size,
// whatever is in it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "reader/trace/file_image.hpp"
#include "reader/trace/result.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

// The model together with the bytes that it was made of, for those who read the history too.
struct Recording {
  FileImage image;
  Trace trace;
};

Result<Recording> open_recording(const std::string& path);
Result<Trace> load(const std::string& path);

// The same of bytes in memory, at a multiple of 8; path is used in messages only.
Result<Trace> load_image(std::span<const std::byte> file, const std::string& path);

}  // namespace dbgtrace::reader::trace
