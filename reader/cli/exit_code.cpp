// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/exit_code.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "reader/output/printable.hpp"

namespace dbgtrace::reader::cli {

void complain(const std::string& message) {
  const std::string line = fmt::format("dbgtrace: {}\n", output::printable(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace dbgtrace::reader::cli
