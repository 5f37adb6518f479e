// SPDX-License-Identifier: Apache-2.0
// Where a recording goes: the DBGTRACE_OUT template or the user's state folder; never the working
// directory unasked.
//
// Runs only while one thread starts a recording, perhaps on a small stack: its large buffers are
// static.
#pragma once

#include <cstdint>
#include <string_view>

#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::process {

inline constexpr uint32_t kMaxPath = 4096;

struct PathFacts {
  std::string_view executable;  // last part of the path
  std::string_view host;
  std::string_view working_directory;  // at start; a relative template is under it
  uint64_t start_unix_s;
  uint32_t pid;
  uint32_t uid;
};

// The template where none was given: under XDG_STATE_HOME, HOME, else /var/tmp/dbgtrace-UID.
void default_template(const char* const* environment, uint32_t uid, os::Text& text);

// Expands the template into path; one that ends with a slash is a folder, with the default name.
// False if the result does not fit. Thread-safety: one thread at a time (see above). Signal-safety:
// yes. Allocates: never.
bool expand_path(std::string_view path_template, const PathFacts& facts, os::Text& path);

// Of a path that turned out to be a folder: appends the default name. False if that does not fit.
bool add_default_name(const PathFacts& facts, os::Text& path);

// The number-th name of a path that exists already: "a.dbgt" -> "a-2.dbgt".
void numbered_path(std::string_view path, uint32_t number, os::Text& result);

// Makes the missing folders above path, mode 0700. 0 if the last one is there then, else the
// kernel's error.
long make_folders(os::Text& path);

}  // namespace dbgtrace::hooks::process
