// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/stopped_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace dbgtrace::reader::attach {
namespace {

constexpr auto kLongestStop = std::chrono::milliseconds(100);
constexpr int kMaxRounds = 1000;

bool is_known(const std::vector<pid_t>& known, pid_t tid) {
  return std::find(known.begin(), known.end(), tid) != known.end();
}

}  // namespace

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> tids;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    const std::string name = entry.path().filename().string();
    pid_t tid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), tid).ec == std::errc())
      tids.push_back(tid);
  }
  std::sort(tids.begin(), tids.end());
  return tids;
}

StoppedProcess::StoppedProcess(pid_t pid, pid_t borrowed) {
  std::vector<pid_t> known{borrowed};
  // A thread that runs may start others: until a round finds none that is new.
  for (int round = 0; round < kMaxRounds; ++round) {
    const size_t before = threads_.size();
    for (const pid_t tid : threads_of(pid)) {
      if (is_known(known, tid)) continue;
      known.push_back(tid);
      TracedThread thread(tid);
      if (thread.is_traced()) threads_.push_back(std::move(thread));
    }
    if (threads_.size() == before) break;
    const auto deadline = Clock::now() + kLongestStop;
    for (size_t i = before; i < threads_.size(); ++i) threads_[i].wait_until_stopped(deadline);
  }
}

}  // namespace dbgtrace::reader::attach
