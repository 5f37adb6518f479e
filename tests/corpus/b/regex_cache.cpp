// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: 24 patterns compiled at first use within a quarter of the run; matching is mere churn.
#include <map>
#include <regex>
#include <string>

#include "pace.h"

static std::map<unsigned, std::regex> patterns;

NOINLINE static const std::regex& pattern(unsigned rule) {
  auto found = patterns.find(rule);
  if (found == patterns.end()) {
    std::string text = "(item|order)-" + std::to_string(rule) + "-([0-9]+)[a-f]*(x|yy|zzz)?";
    found = patterns.emplace(rule, std::regex(text)).first;
  }
  return found->second;
}

NOINLINE static bool matches(unsigned rule, unsigned id) {
  std::string line = "order-" + std::to_string(rule) + "-" + std::to_string(id) + "cafezzz";
  return std::regex_search(line, pattern(rule));
}

int main() {
  unsigned hits = 0;
  for (unsigned step = 0; step < 500; ++step) {
    hits += matches(step % (step / 5 + 1) % 24, step);
    pause_ms(5);
  }
  return hits == 0;
}
