// SPDX-License-Identifier: Apache-2.0
// An ELF file on disk before it is trusted: whether it is one, and of the build-id that it should
// have.
#pragma once

#include <gelf.h>

#include <string>

namespace dbgtrace::reader::symbols {

bool is_build_id(const std::string& hex);
// Lower-case hex; empty if there is none.
std::string build_id_of(Elf* elf);

// Why this is not a program, library or debug file with that build-id (any, if empty). Empty: it
// is.
std::string refusal_of(int fd, const std::string& build_id_hex);

}  // namespace dbgtrace::reader::symbols
