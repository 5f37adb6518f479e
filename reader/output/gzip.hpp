// SPDX-License-Identifier: Apache-2.0
// gzip, for formats that want it. The same bytes give the same file: no time, no name in it.
#pragma once

#include <string>

namespace dbgtrace::reader::output {

std::string gzip(const std::string& bytes);

}  // namespace dbgtrace::reader::output
