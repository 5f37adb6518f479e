// SPDX-License-Identifier: Apache-2.0
#include "reader/output/sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "reader/output/pager.hpp"

namespace dbgtrace::reader::output {
namespace {

constexpr size_t kPieceBytes = 1 << 16;

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

Sink::Sink(const std::string& path) : path_(path == "-" ? "" : path) {
  SignOfLife::end();
  if (path_.empty()) {
    fd_ = STDOUT_FILENO;
    return;
  }
  // Something that is no regular file (/dev/stdout, a pipe) is written to, not replaced.
  struct stat found {};
  if (stat(path_.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    draft_ = fmt::format("{}.{}.part", path_, getpid());
    fd_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (fd_ < 0) {
    fail();
    draft_.clear();
  }
}

// Left early, perhaps for want of memory: nothing is told any more.
Sink::~Sink() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) close(fd_);
  if (!draft_.empty()) unlink(draft_.c_str());
}

void Sink::write(std::string_view piece) {
  if (!open()) return;
  pending_ += piece;
  if (pending_.size() >= kPieceBytes) flush();
}

std::string Sink::finish() {
  flush();
  close_file();
  if (draft_.empty()) return problem_;
  if (problem_.empty() && rename(draft_.c_str(), path_.c_str()) != 0) fail();
  if (!problem_.empty()) unlink(draft_.c_str());
  draft_.clear();
  return problem_;
}

void Sink::flush() {
  if (!open()) return;
  if (!write_all(fd_, pending_)) {
    if (!path_.empty() || errno != EPIPE) fail();
    close_file();
  }
  pending_.clear();
}

void Sink::fail() {
  problem_ = fmt::format("{}: can't be written: {}", path_.empty() ? "standard output" : path_,
                         std::strerror(errno));
}

void Sink::close_file() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO && close(fd_) != 0 && problem_.empty()) fail();
  fd_ = -1;
}

std::string deliver(const std::string& text, const std::string& path) {
  Sink sink(path);
  sink.write(text);
  return sink.finish();
}

}  // namespace dbgtrace::reader::output
