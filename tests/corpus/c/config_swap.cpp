// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: every 300 ms a new configuration replaces the old, which goes when its last reader lets go.
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "pace.h"

using Config = std::map<std::string, std::string>;

static std::shared_ptr<const Config> current;

NOINLINE static void load_config(unsigned version) {
  auto fresh = std::make_shared<Config>();
  for (unsigned i = 0; i < 150; ++i) {
    fresh->emplace("service.with.a.long.key." + std::to_string(i),
                   std::string(600 + version % 50, 'c'));
  }
  current = fresh;
}

NOINLINE static std::size_t use(const Config& config, unsigned step) {
  auto found = config.find("service.with.a.long.key." + std::to_string(step % 150));
  return found == config.end() ? 0 : found->second.size();
}

int main() {
  std::deque<std::shared_ptr<const Config>> readers;
  std::size_t sum = 0;
  for (unsigned step = 0; step < 570; ++step) {
    if (step % 60 == 0) load_config(step / 60);
    readers.push_back(current);
    if (readers.size() > 25) readers.pop_front();
    sum += use(*readers.front(), step);
    pause_ms(5);
  }
  return sum == 0;
}
