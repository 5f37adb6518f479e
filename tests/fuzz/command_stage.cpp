// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/command_stage.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "reader/cli/commands.hpp"
#include "ring/header_view.hpp"
#include "tests/support/recording_builder.hpp"

namespace dbgtrace::tests {
namespace {

// Any other size that a header claims would only make the holes longer.
constexpr uint64_t kMostFileBytes = uint64_t{4} << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

void write_at(int fd, std::span<const std::byte> bytes, uint64_t size_bytes) {
  require(ftruncate(fd, 0) == 0);
  require(pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  require(ftruncate(fd, static_cast<off_t>(size_bytes)) == 0);
}

// The descriptors 1 and `stderr` are what the command writes to; the fuzzer has its own stream.
class Caught {
 public:
  Caught() : before_(stderr), stream_(open_memstream(&text_, &size_bytes_)) { stderr = stream_; }
  ~Caught() {
    stderr = before_;
    std::fclose(stream_);
    std::free(text_);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  std::string text() {
    std::fflush(stream_);
    return {text_, size_bytes_};
  }

 private:
  char* text_ = nullptr;
  size_t size_bytes_ = 0;
  FILE* before_;
  FILE* stream_;
};

}  // namespace

CommandStage::CommandStage()
    : recording_fd_(memfd_create("recording", MFD_CLOEXEC)),
      output_fd_(memfd_create("output", MFD_CLOEXEC)) {
  setenv("DBGTRACE_CACHE_SIZE", "0", 1);
  unsetenv("DEBUGINFOD_URLS");
  require(recording_fd_ >= 0 && output_fd_ >= 0);
  require(dup2(output_fd_, STDOUT_FILENO) == STDOUT_FILENO);
  std::string name = std::filesystem::temp_directory_path() / "dbgtrace-fuzz-XXXXXX";
  require(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(recording_fd_),
                                  folder_ / "input.dbgt");
  const std::vector<std::byte> example = make_example().finish();
  std::ofstream(folder_ / "example.recording", std::ios::binary)
      .write(reinterpret_cast<const char*>(example.data()),
             static_cast<std::streamsize>(example.size()));
  std::ofstream source(folder_ / "main.cpp");
  for (int line = 1; line <= 50; ++line) source << "  // line " << line << "\n";
}

CommandStage::~CommandStage() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void CommandStage::set_recording(std::span<const std::byte> bytes) {
  uint64_t size_bytes = bytes.size();
  ring::Header header;
  std::vector<std::byte> head(ring::kHeaderBytes);
  if (bytes.size() >= head.size()) {
    std::copy_n(bytes.begin(), head.size(), head.begin());
    if (ring::read_header(head, header).problem == nullptr && header.file_bytes <= kMostFileBytes)
      size_bytes = std::max(size_bytes, header.file_bytes);
  }
  write_at(recording_fd_, bytes, size_bytes);
}

std::string CommandStage::word_for(const std::string& word) const {
  if (word == "FILE") return folder_ / "input.dbgt";
  if (word == "EXAMPLE") return folder_ / "example.recording";
  return word == "FOLDER" ? folder_.string() : word;
}

CommandResult CommandStage::run(std::string_view words) {
  std::istringstream text{std::string(words)};
  std::string name;
  text >> name;
  std::vector<std::string> arguments;
  for (std::string word; text >> word;) arguments.push_back(word_for(word));
  std::reverse(arguments.begin(), arguments.end());  // as the library wants them

  const auto commands = reader::cli::commands();
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&name](const auto& one) { return name == one.name; });
  if (command == commands.end()) throw std::invalid_argument(name + ": no such command");
  CLI::App app(command->summary, name);
  const reader::cli::Action act = command->prepare(app);
  app.parse(std::move(arguments));

  require(ftruncate(output_fd_, 0) == 0 && lseek(output_fd_, 0, SEEK_SET) == 0);
  CommandResult result;
  {
    Caught caught;
    result.status = act({});
    result.messages = caught.text();
  }
  struct stat written {};
  require(fstat(output_fd_, &written) == 0);
  result.output.resize(static_cast<size_t>(written.st_size));
  require(pread(output_fd_, result.output.data(), result.output.size(), 0) == written.st_size);
  return result;
}

}  // namespace dbgtrace::tests
