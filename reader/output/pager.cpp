// SPDX-License-Identifier: Apache-2.0
#include "reader/output/pager.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace dbgtrace::reader::output {
namespace {

class Ticker {
 public:
  Ticker() : thread_([this] { run(); }) {}
  ~Ticker() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    using std::chrono::milliseconds;
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, milliseconds(1000), [this] { return ended_; })) return;
    do {
      const auto taken = std::chrono::steady_clock::now() - start;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(taken).count();
      std::fprintf(stderr, "\r\x1b[Kdbgtrace: reading and looking up names, %lld s",
                   static_cast<long long>(seconds));
    } while (!wake_.wait_for(lock, milliseconds(500), [this] { return ended_; }));
    std::fputs("\r\x1b[K", stderr);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

std::unique_ptr<Ticker> ticker;

bool is_dumb_terminal() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
}

}  // namespace

bool show_in_pager(const std::string& text) {
  if (isatty(STDOUT_FILENO) == 0 || is_dumb_terminal()) return false;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return false;
  if (std::count(text.begin(), text.end(), '\n') < size.ws_row) return false;
  const char* wanted = std::getenv("PAGER");
  const std::string pager = wanted == nullptr ? "less" : wanted;
  if (pager.empty() || pager == "cat") return false;
  if (wanted == nullptr && std::system("command -v less >/dev/null 2>&1") != 0) return false;
  setenv("LESS", "FRX", 0);       // colours as they are; a text that fits after all is just printed
  std::signal(SIGPIPE, SIG_IGN);  // who has seen enough leaves the pager before the end
  FILE* pipe = popen(pager.c_str(), "w");
  if (pipe == nullptr) return false;
  std::fwrite(text.data(), 1, text.size(), pipe);
  constexpr int kNotFound = 127;
  const int status = pclose(pipe);
  return !(WIFEXITED(status) && WEXITSTATUS(status) >= kNotFound - 1);
}

SignOfLife::SignOfLife() {
  if (isatty(STDERR_FILENO) != 0 && !is_dumb_terminal()) ticker = std::make_unique<Ticker>();
}

void SignOfLife::end() { ticker.reset(); }

}  // namespace dbgtrace::reader::output
