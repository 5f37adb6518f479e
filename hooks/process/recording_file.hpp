// SPDX-License-Identifier: Apache-2.0
// Creates the file of a recording, maps it and writes its header. No descriptor stays open.
#pragma once

#include "hooks/process/facts.hpp"
#include "hooks/process/options.hpp"
#include "ring/plan.hpp"

namespace dbgtrace::hooks::process {

struct Parent {  // of a forked child; all zero otherwise
  uint64_t salt = 0;
  uint64_t sequence = 0;
  uint32_t pid = 0;
};

struct RecordingFile {
  std::byte* base = nullptr;  // null: no recording, the reason was logged
  ring::Plan plan{};
  uint64_t salt = 0;
  uint64_t start_ns = 0;
  bool all_reserved = false;
  uint64_t inode = 0, device = 0;  // of the file, to know it again by its path
};

// Where the recording lies; valid after create_recording.
const char* recording_path();

// options.out is a template, never empty. private_bytes: memory of the recorder beside the file,
// counted in the size. Thread-safety: one thread at a time. Signal-safety: yes. Allocates: never.
RecordingFile create_recording(const Options& options, const Facts& facts,
                               const char* working_directory, const Parent& parent,
                               uint64_t private_bytes);

// Makes room in the folder for all that the file may grow to, before it does, and removes what
// DBGTRACE_KEEP does not keep. False if there is no room. Until then the file counts with the
// blocks that it takes.
bool count_recording(const RecordingFile& file, const Options& options, const Facts& facts);

// After a crash in a file that no room was made for. Removes older recordings, or this one if the
// folder is full of crashes. Takes at most some 50 ms.
void fit_crashed_recording(const RecordingFile& file, const Facts& facts, uint64_t total_bytes);

// Reserves all blocks of the file (before the program enters a sandbox); false if it could not be
// reached by its path.
bool reserve_whole_file(const RecordingFile& file);

// Removes the file if the path still leads to it.
void remove_recording(const RecordingFile& file);

}  // namespace dbgtrace::hooks::process
