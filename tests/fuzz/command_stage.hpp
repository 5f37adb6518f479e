// SPDX-License-Identifier: Apache-2.0
// One process in which commands run over and over: the recording in memory, what a command says
// caught, and nothing of the machine's own in sight (no symbol cache, no debuginfod).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace dbgtrace::tests {

struct CommandResult {
  int status = 0;
  std::string output;    // standard output
  std::string messages;  // standard error
};

class CommandStage {
 public:
  CommandStage();
  ~CommandStage();
  CommandStage(const CommandStage&) = delete;
  CommandStage& operator=(const CommandStage&) = delete;

  // What FILE stands for from now on. A file that was cut behind its last byte that counts gets
  // its holes back.
  void set_recording(std::span<const std::byte> bytes);

  // The words of a command line behind "dbgtrace". FILE is the recording, EXAMPLE another one that
  // is whole, FOLDER where the recording lies, beside the source main.cpp. An exception that main()
  // would have to catch is the caller's.
  CommandResult run(std::string_view words);

 private:
  std::string word_for(const std::string& word) const;

  std::filesystem::path folder_;
  int recording_fd_;
  int output_fd_;
};

}  // namespace dbgtrace::tests
