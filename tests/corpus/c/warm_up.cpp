// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: indices are built under heavy traffic in the first fifth; from then on only queries.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

struct Posting {
  unsigned document;
  char positions[220];
};

static std::map<unsigned, std::vector<std::unique_ptr<Posting>>> postings;

NOINLINE static void index_document(unsigned document, uint32_t& dice) {
  for (int word = 0; word < 24; ++word) {
    auto& list = postings[roll(&dice) % 200];
    list.push_back(std::make_unique<Posting>());
    list.back()->document = document;
  }
}

NOINLINE static std::size_t query(uint32_t& dice) {
  std::vector<std::string> hits;
  for (const auto& posting : postings[roll(&dice) % 200]) {
    hits.push_back("document number " + std::to_string(posting->document));
  }
  std::sort(hits.begin(), hits.end());
  return hits.size();
}

int main() {
  uint32_t dice = 52;
  std::size_t sum = 0;
  for (unsigned step = 0; step < 560; ++step) {
    if (step < 112) index_document(step, dice);
    for (int i = 0; i < 5; ++i) sum += query(dice);
    pause_ms(5);
  }
  return sum == 0;
}
