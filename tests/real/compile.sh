# SPDX-License-Identifier: Apache-2.0
# What is asked of a C++ compiler: objects of a template-heavy file with debug information, a linked
# program, diagnostics. For cases, beside case.sh.
# shellcheck shell=bash

write_heavy_source() {
  cat >heavy.cpp <<'SOURCE'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct Fib { static constexpr long value = Fib<N - 1>::value + Fib<N - 2>::value; };
template <> struct Fib<1> { static constexpr long value = 1; };
template <> struct Fib<0> { static constexpr long value = 0; };
template <std::size_t... I> auto table(std::index_sequence<I...>) {
  return std::vector<std::function<long()>>{[] { return Fib<I % 60>::value; }...};
}
int main() {
  std::map<std::string, std::variant<int, std::string, std::vector<long>>> values;
  long sum = 0;
  for (auto& f : table(std::make_index_sequence<120>{})) sum += f() % 1009;
  for (int i = 0; i < 200; ++i) {
    std::string text = "item " + std::to_string(i);
    if (i % 2 == 0) values[std::to_string(i)] = text;
    if (i % 3 == 0) values[text] = std::vector<long>(i, sum);
  }
  std::unordered_map<int, std::tuple<int, std::string>> more;
  for (auto& [key, value] : values) more[int(more.size())] = {int(value.index()), key};
  std::cout << sum << " " << values.size() << " " << std::get<1>(more[7]) << "\n";
}
SOURCE
}

# compile COMPILER
compile() {
  local compiler=$1
  write_heavy_source
  status object traced "$compiler" -std=c++17 -O1 -g -c heavy.cpp
  status program traced "$compiler" heavy.o -o heavy
  ./heavy
  echo 'int main() { return std::vector<int>{1}.at("x") + undeclared; }' >wrong.cpp
  status wrong traced "$compiler" -std=c++17 -c wrong.cpp
}
