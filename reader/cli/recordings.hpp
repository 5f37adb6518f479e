// SPDX-License-Identifier: Apache-2.0
// Finds recordings: in given folders, or in the places where recordings usually are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ring/layout.hpp"

namespace dbgtrace::reader::cli {

struct FoundRecording {
  std::string path;
  uint64_t file_bytes = 0;  // apparent size
  uint64_t disk_bytes = 0;  // what the sparse file really takes
  ring::Header header;
};

// The recording of that path; none if the file does not begin as one does.
std::optional<FoundRecording> recording_at(const std::string& path);

// Newest first (by the start of the process, then by path). No folder: the usual places. Only files
// *.dbgt that begin as a recording does; nothing below a folder's own entries.
std::vector<FoundRecording> find_recordings(const std::vector<std::string>& folders);

// The usual places in order: cwd, DBGTRACE_OUT's folder, the default folders, /dev/shm.
std::vector<std::string> usual_places();
std::string places_text();
// Where this user's recordings are written if nobody names a place.
std::string default_folder();

}  // namespace dbgtrace::reader::cli
