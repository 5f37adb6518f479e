// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: a job every 400 ms loads rows, holds them while it works, and lets all of them go.
#include <string>
#include <vector>

#include "pace.h"

struct Row {
  std::string key, value;
};

NOINLINE static std::vector<Row> load_rows(unsigned job, unsigned count) {
  std::vector<Row> rows;
  for (unsigned i = 0; i < count; ++i) {
    rows.push_back({"row " + std::to_string(job * 10000 + i) + " of the nightly export",
                    std::string(500, 'r')});
    if (i % 50 == 0) pause_ms(2);
  }
  return rows;
}

NOINLINE static std::size_t aggregate(const std::vector<Row>& rows) {
  std::size_t sum = 0;
  for (int pass = 0; pass < 40; ++pass) {
    std::string line = rows[static_cast<std::size_t>(pass)].key + rows.back().value;
    sum += line.size();
    pause_ms(6);
  }
  return sum;
}

int main() {
  std::size_t sum = 0;
  for (unsigned job = 0; job < 7; ++job) {
    sum += aggregate(load_rows(job, 600 + job % 3 * 300));
    pause_ms(90);
  }
  return sum == 0;
}
