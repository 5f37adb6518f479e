// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: downloads of very unequal length: most end at once, a few last for up to half of the run.
#include <algorithm>
#include <memory>
#include <queue>
#include <vector>

#include "pace.h"

struct Download {
  unsigned ends_at;
  char window[1800];
};

struct Later {
  bool operator()(const std::unique_ptr<Download>& a, const std::unique_ptr<Download>& b) const {
    return a->ends_at > b->ends_at;
  }
};

static std::priority_queue<std::unique_ptr<Download>, std::vector<std::unique_ptr<Download>>, Later>
    active;

NOINLINE static void start_download(unsigned now, uint32_t& dice) {
  auto download = std::make_unique<Download>();
  double share = (1 + roll(&dice) % 10000) / 10000.0;
  download->ends_at = now + static_cast<unsigned>(std::min(280.0, 4 / share));
  active.push(std::move(download));
}

int main() {
  uint32_t dice = 94;
  for (unsigned now = 0; now < 580; ++now) {
    for (int i = 0; i < 5; ++i) start_download(now, dice);
    while (!active.empty() && active.top()->ends_at <= now) active.pop();
    pause_ms(5);
  }
}
