// SPDX-License-Identifier: Apache-2.0
// A service in small: four workers answer requests, a janitor expires idle sessions and prints a
// line a second. Usage: session_service [SECONDS]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "session_cache.hpp"

using namespace std::chrono_literals;
using service::SessionCache;

namespace {

constexpr int kWorkers = 4;
constexpr unsigned kVisitsPerBreath = 2;

std::atomic<unsigned long> requests{0};
std::atomic<bool> stop{false};

std::string render_page(SessionCache& sessions, const std::string& token, unsigned page) {
  auto session = sessions.find(token);
  if (!session) return "403";
  ++requests;
  return "<h1>Page " + std::to_string(page) + " for " + session->user + "</h1>" + session->profile;
}

// One visitor: logs in, reads a few pages; two in three leave without logging out.
void handle_visit(SessionCache& sessions, unsigned visitor) {
  const std::string token = sessions.open("visitor" + std::to_string(visitor % 1000));
  for (unsigned page = 0; page < 3; ++page) {
    if (render_page(sessions, token, page).empty()) return;
  }
  if (visitor % 3 == 0) sessions.close(token);
}

void work(SessionCache& sessions, unsigned first_visitor) {
  for (unsigned visitor = first_visitor; !stop; std::this_thread::sleep_for(1ms)) {
    for (unsigned i = 0; i < kVisitsPerBreath; ++i) handle_visit(sessions, visitor++);
  }
}

unsigned long resident_kib() {
  unsigned long pages = 0;
  if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%*u %lu", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  return pages * 4;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 5;
  if (seconds <= 0) return std::fprintf(stderr, "usage: session_service [SECONDS]\n"), 2;

  SessionCache sessions(500ms);
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < kWorkers; ++i)
    workers.emplace_back(work, std::ref(sessions), i * 100000);
  for (int tick = 1; tick <= seconds * 5; ++tick) {
    std::this_thread::sleep_for(200ms);
    sessions.expire();
    if (tick % 5 == 0) {
      std::printf("%3d s: %8lu requests, %6zu sessions, %7lu KiB resident\n", tick / 5,
                  requests.load(), sessions.size(), resident_kib());
      std::fflush(stdout);
    }
  }
  stop = true;
  for (auto& worker : workers) worker.join();
}
