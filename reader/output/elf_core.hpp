// SPDX-License-Identifier: Apache-2.0
// A core file in ELF, as the kernel would have written it, of what the crash record kept.
#pragma once

#include <string>

#include "reader/analysis/core_contents.hpp"

namespace dbgtrace::reader::output {

std::string elf_core(const analysis::CoreContents& core);

}  // namespace dbgtrace::reader::output
