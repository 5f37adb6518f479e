// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: an LRU of 120 entries: full after an eighth of the run, evicting for each new one since.
#include <list>
#include <string>
#include <unordered_map>

#include "pace.h"

class Lru {
 public:
  NOINLINE const std::string& get(unsigned key) {
    auto found = places_.find(key);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    if (order_.size() == 120) {
      places_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, std::string(1600, 'v'));
    places_[key] = order_.begin();
    return order_.front().second;
  }

 private:
  std::list<std::pair<unsigned, std::string>> order_;
  std::unordered_map<unsigned, std::list<std::pair<unsigned, std::string>>::iterator> places_;
};

int main() {
  Lru lru;
  uint32_t dice = 12;
  std::size_t sum = 0;
  for (unsigned step = 0; step < 560; ++step) {
    for (int i = 0; i < 2; ++i) {
      unsigned key = roll(&dice) % 4 == 0 ? roll(&dice) % 20 : 1000 + step * 2 + unsigned(i);
      sum += lru.get(key).size();
    }
    pause_ms(5);
  }
  return sum == 0;
}
