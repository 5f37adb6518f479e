// SPDX-License-Identifier: Apache-2.0
// Minimises truth tables: merges terms that differ in one variable until none is left to merge,
// then picks terms that cover the table. Terms are blocks of their own, in growing arrays, hashed
// and freed by generations. argv: variables, tables.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Term {
  uint32_t value;  // bits that are fixed
  uint32_t free;   // variables that do not matter
  bool merged = false;
  std::vector<uint32_t> rows;  // of the table, that it covers
};

using Generation = std::vector<std::unique_ptr<Term>>;

uint64_t key(uint32_t value, uint32_t free) { return uint64_t{free} << 32 | value; }

Generation merge(Generation& terms, int variables) {
  std::unordered_map<uint64_t, Term*> by_key;
  for (const auto& term : terms) by_key.emplace(key(term->value, term->free), term.get());
  std::unordered_map<uint64_t, bool> made;
  Generation next;
  for (const auto& term : terms) {
    for (int variable = 0; variable < variables; ++variable) {
      const uint32_t bit = 1u << variable;
      if ((term->free | term->value) & bit) continue;
      const auto partner = by_key.find(key(term->value | bit, term->free));
      if (partner == by_key.end()) continue;
      term->merged = partner->second->merged = true;
      if (!made.emplace(key(term->value, term->free | bit), true).second) continue;
      auto wider = std::make_unique<Term>(Term{term->value, term->free | bit, false, term->rows});
      wider->rows.insert(wider->rows.end(), partner->second->rows.begin(),
                         partner->second->rows.end());
      next.push_back(std::move(wider));
    }
  }
  return next;
}

std::string text_of(const Term& term, int variables) {
  std::string text;
  for (int variable = variables - 1; variable >= 0; --variable) {
    const uint32_t bit = 1u << variable;
    text += term.free & bit ? '-' : term.value & bit ? '1' : '0';
  }
  return text;
}

// Greedy: the term with most rows that nobody covers yet.
std::vector<std::string> cover(Generation& primes, uint32_t rows, int variables) {
  std::vector<bool> covered(rows, false);
  std::vector<std::string> chosen;
  std::sort(primes.begin(), primes.end(), [](const auto& a, const auto& b) {
    return a->rows.size() != b->rows.size() ? a->rows.size() > b->rows.size()
                                            : key(a->value, a->free) < key(b->value, b->free);
  });
  for (const auto& prime : primes) {
    const bool needed = std::any_of(prime->rows.begin(), prime->rows.end(),
                                    [&](uint32_t row) { return !covered[row]; });
    if (!needed) continue;
    for (const uint32_t row : prime->rows) covered[row] = true;
    chosen.push_back(text_of(*prime, variables));
  }
  return chosen;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int variables = std::atoi(argv[1]), tables = std::atoi(argv[2]);
  const uint32_t rows = 1u << variables;
  uint64_t random = 0x9e3779b97f4a7c15;
  for (int table = 0; table < tables; ++table) {
    Generation terms, primes;
    for (uint32_t row = 0; row < rows; ++row) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      if (random >> 61 < 5) terms.push_back(std::make_unique<Term>(Term{row, 0, false, {row}}));
    }
    while (!terms.empty()) {
      Generation next = merge(terms, variables);
      for (auto& term : terms) {
        if (!term->merged) primes.push_back(std::move(term));
      }
      terms = std::move(next);
    }
    const std::vector<std::string> chosen = cover(primes, rows, variables);
    std::printf("%zu of %zu, first %s\n", chosen.size(), primes.size(), chosen.front().c_str());
  }
}
