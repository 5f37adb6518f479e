// SPDX-License-Identifier: Apache-2.0
// Where a result goes: standard output, or a file that is whole or not there.
#pragma once

#include <string>

namespace dbgtrace::reader::output {

// To the file, or to standard output if path is empty. Returns what went wrong as a sentence, else
// an empty string. A reader that has seen enough (a closed pipe) is nothing that went wrong.
std::string deliver(const std::string& text, const std::string& path);

}  // namespace dbgtrace::reader::output
