// SPDX-License-Identifier: Apache-2.0
// How long one allocation can keep a thread waiting: allocates and frees 8 KiB every few
// microseconds with a thousand blocks alive, and times each step. argv: seconds. Prints JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

using Clock = std::chrono::steady_clock;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  constexpr size_t kBytes = 8192, kKept = 1000;
  constexpr std::chrono::nanoseconds kPause{4000};
  constexpr double kLimitsUs[] = {100, 1000, 10000};
  std::vector<char*> blocks(kKept, nullptr);
  // Steps by the length they took, in microseconds; the last cell holds everything beyond.
  std::vector<long> steps_by_us(100'000, 0);
  long steps = 0, over[3] = {};
  double longest_us = 0;
  const auto end = Clock::now() + std::chrono::duration<double>(std::atof(argv[1]));
  for (auto now = Clock::now(); now < end; ++steps) {
    char*& block = blocks[static_cast<size_t>(steps) % kKept];
    const auto began = Clock::now();
    std::free(block);
    block = static_cast<char*>(std::malloc(kBytes));
    block[0] = 1;
    now = Clock::now();
    const double us = std::chrono::duration<double, std::micro>(now - began).count();
    if (us > longest_us) longest_us = us;
    for (int i = 0; i < 3; ++i) over[i] += us > kLimitsUs[i];
    ++steps_by_us[std::min(static_cast<size_t>(us), steps_by_us.size() - 1)];
    for (const auto next = now + kPause; now < next; now = Clock::now()) {
    }
  }
  long beyond = steps / 10'000;  // of 10,000 steps all but one are shorter
  size_t quantile_us = steps_by_us.size();
  while (quantile_us > 0 && beyond >= 0) beyond -= steps_by_us[--quantile_us];
  std::printf(
      "{\"steps\": %ld, \"longest_us\": %.1f, \"p9999_us\": %zu, \"over_100us\": %ld, "
      "\"over_1ms\": %ld, \"over_10ms\": %ld}\n",
      steps, longest_us, quantile_us, over[0], over[1], over[2]);
  for (char* block : blocks) std::free(block);
}
