// SPDX-License-Identifier: Apache-2.0
// interval: 32K
// expect: innocent
// note: nothing but churn: strings and vectors that live for a millisecond, from several depths.
#include <algorithm>
#include <string>
#include <vector>

#include "pace.h"

NOINLINE static std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size(); at += 40) words.push_back(text.substr(at, 40));
  return words;
}

NOINLINE static std::string join(std::vector<std::string> words, int depth) {
  if (depth > 0) return join(std::move(words), depth - 1);
  std::sort(words.begin(), words.end());
  std::string text;
  for (const auto& word : words) text += word;
  return text;
}

int main() {
  std::string text(4000, 'x');
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 5; ++i) text = join(split(text), i);
    pause_ms(5);
  }
  return text.empty();
}
