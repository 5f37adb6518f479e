// SPDX-License-Identifier: Apache-2.0
// Where a result goes: standard output, or a file that is whole or not there.
#pragma once

#include <string>
#include <string_view>

namespace dbgtrace::reader::output {

// A result in pieces. A reader that has seen enough (a closed pipe) is nothing that went wrong:
// what comes after is dropped.
class Sink {
 public:
  // Standard output if path is empty or "-".
  explicit Sink(const std::string& path);
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink();  // without finish(), a file is not left behind

  void write(std::string_view piece);
  // False once nobody reads on, or writing failed: the rest need not be made.
  bool open() const { return fd_ >= 0; }
  // The result is complete. Returns what went wrong as a sentence, else an empty string.
  std::string finish();

 private:
  void flush();
  void fail();
  void close_file();

  std::string path_;
  std::string draft_;  // of a regular file, renamed at the end
  std::string pending_;
  std::string problem_;
  int fd_ = -1;
};

// All at once.
std::string deliver(const std::string& text, const std::string& path);

}  // namespace dbgtrace::reader::output
