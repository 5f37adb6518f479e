// SPDX-License-Identifier: Apache-2.0
// Another implementation as the oracle: llvm-symbolizer on this very test program, a real C++
// program with templates, lambdas and inlining.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>

#include "reader/symbols/debug_file.hpp"
#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

struct OracleAnswer {
  std::vector<std::string> functions;
  std::vector<std::string> places;  // file:line
};

std::vector<uint64_t> some_addresses(const ScratchFolder& folder, const std::string& program,
                                     size_t count) {
  std::vector<std::pair<uint64_t, uint64_t>> functions;
  // A stripped library has only the table of what it exports.
  std::string table = folder.run("nm -S --defined-only " + program + " 2>/dev/null");
  if (table.empty()) table = folder.run("nm -S -D --defined-only " + program);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    uint64_t low = 0, size = 0;
    std::string type;
    if (fields >> std::hex >> low >> size >> type && size > 0 &&
        std::string("tTwWi").find(type) != std::string::npos) {
      functions.push_back({low, size});
    }
  }
  std::mt19937_64 random(3);
  std::vector<uint64_t> addresses;
  while (addresses.size() < count && !functions.empty()) {
    const auto& [low, size] = functions[random() % functions.size()];
    addresses.push_back(low + random() % size);
  }
  return addresses;
}

// Its output: function and file:line:column by turns, an empty line after each address.
std::vector<OracleAnswer> ask_oracle(const ScratchFolder& folder, const std::string& program,
                                     const std::vector<uint64_t>& addresses) {
  std::ostringstream questions;
  for (uint64_t address : addresses) questions << "0x" << std::hex << address << "\n";
  folder.write("questions", questions.str());
  std::istringstream lines(
      folder.run("llvm-symbolizer-14 --inlines --obj=" + program + " <questions"));
  std::vector<OracleAnswer> answers(1);
  for (std::string line; std::getline(lines, line);) {
    OracleAnswer& answer = answers.back();
    if (line.empty()) {
      answers.emplace_back();
    } else if (answer.functions.size() == answer.places.size()) {
      answer.functions.push_back(line);
    } else {
      line.resize(line.rfind(':'));
      const size_t colon = line.rfind(':');
      const std::filesystem::path file(line.substr(0, colon));
      answer.places.push_back(file.lexically_normal().string() + line.substr(colon));
    }
  }
  answers.pop_back();
  return answers;
}

// Demanglers differ in parameters, template arguments, clone suffixes and lambda's names; DWARF
// alone has no parameters, and the oracle no namespace where a linkage name is missing.
std::string last_name(std::string name) {
  const auto replace_all = [&name](std::string_view from, std::string_view to) {
    for (size_t at; (at = name.find(from)) != std::string::npos;) name.replace(at, from.size(), to);
  };
  replace_all("(anonymous", "anonymous");
  replace_all("operator()", "operator_call");
  name.resize(std::min({name.find(" [clone"), name.find('.'), name.size()}));
  // All that is in brackets is left out, also a return type's arguments before the name.
  std::string bare;
  int depth = 0;
  for (const char c : name) {
    const bool is_operator = bare.ends_with("operator") || bare.ends_with("operator<") ||
                             bare.ends_with("operator>") || bare.ends_with("operator-");
    if (depth == 0 && is_operator && (c == '<' || c == '>')) {
      bare += c;
    } else if (c == '<' || c == '(' || c == '{' || c == '[') {
      ++depth;
    } else if (c == '>' || c == ')' || c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
    } else if (depth == 0) {
      bare += c;
    }
  }
  while (bare.ends_with(' ')) bare.pop_back();
  const size_t colon = bare.rfind("::");
  if (colon != std::string::npos) bare.erase(0, colon + 2);
  const size_t space = bare.rfind(' ');
  return space == std::string::npos || bare.starts_with("operator") ? bare : bare.substr(space + 1);
}

struct Agreement {
  size_t addresses = 0, same = 0;
  // An address counts for the first kind that differs.
  size_t chains = 0, places = 0, aliases = 0, names = 0;
  void add(const Agreement& other) {
    addresses += other.addresses;
    same += other.same;
    chains += other.chains;
    places += other.places;
    aliases += other.aliases;
    names += other.names;
  }
};

void print(const std::string& what, const Agreement& found) {
  std::cout << "agreement with llvm-symbolizer-14, " << what << ": " << found.same << " of "
            << found.addresses << "; differ in inline chain " << found.chains << ", line "
            << found.places << ", name of another symbol at that address " << found.aliases
            << ", other name " << found.names << "\n";
}

// Linker names of all symbols at each address: equal functions may have been folded into one, and a
// library has several names for many of its functions.
std::multimap<uint64_t, std::string> symbols_of(const ScratchFolder& folder,
                                                const std::string& module) {
  std::multimap<uint64_t, std::string> symbols;
  const std::string build_id = folder.build_id(module);
  const std::string debug_file = debug_files_by_build_id(build_id, {}).front();
  for (const std::string& table :
       {"nm -C --defined-only " + module, "nm -C -D --defined-only " + module,
        "nm -C --defined-only " + debug_file}) {
    std::istringstream lines(folder.run(table + " 2>/dev/null || true"));
    for (std::string line; std::getline(lines, line);) {
      if (line.size() > 19) symbols.emplace(std::stoull(line, nullptr, 16), line.substr(19));
    }
  }
  return symbols;
}

// Whether both names belong to the function that holds the address.
bool are_aliases(const std::multimap<uint64_t, std::string>& symbols, uint64_t address,
                 const std::string& one, const std::string& other) {
  auto next = symbols.upper_bound(address);
  if (next == symbols.begin()) return false;
  const auto range = symbols.equal_range(std::prev(next)->first);
  bool has_one = false, has_other = false;
  for (auto symbol = range.first; symbol != range.second; ++symbol) {
    const std::string name = last_name(symbol->second.substr(0, symbol->second.find('@')));
    has_one = has_one || name == one;
    has_other = has_other || name == other;
  }
  return has_one && has_other;
}

bool same_place(const Frame& frame, const std::string& theirs) {
  // Line 0 is "none"; the oracle then takes a file name from elsewhere.
  if (frame.line == 0) return theirs.ends_with(":0");
  const std::string ours = fmt::format("{}:{}", frame.file, frame.line);
  // Packages are built with relative paths, to which the oracle adds the relative folder once more.
  return ours == theirs || (!ours.starts_with('/') && theirs.ends_with("/" + ours));
}

Agreement agreement_on(const std::string& module, size_t count) {
  ScratchFolder folder;
  const std::vector<uint64_t> addresses = some_addresses(folder, module, count);
  const std::vector<OracleAnswer> oracle = ask_oracle(folder, module, addresses);
  REQUIRE(oracle.size() == addresses.size());
  const auto symbols = symbols_of(folder, module);
  Symbolizer symbolizer({});
  Agreement found;
  for (size_t i = 0; i < addresses.size(); ++i) {
    ++found.addresses;
    const std::vector<Frame>& frames = symbolizer.resolve({module, ""}, addresses[i]);
    if (frames.size() != oracle[i].functions.size()) {
      ++found.chains;
      continue;
    }
    bool same_places = true, same_names = true, alias = false;
    for (size_t k = 0; k < frames.size(); ++k) {
      same_places &= same_place(frames[k], oracle[i].places[k]);
      const std::string ours = last_name(std::string(frames[k].function));
      const std::string theirs = last_name(oracle[i].functions[k]);
      if (ours == theirs) continue;
      same_names = false;
      alias = k + 1 == frames.size() && are_aliases(symbols, addresses[i], ours, theirs);
    }
    found.places += same_places ? 0 : 1;
    found.aliases += same_places && !same_names && alias ? 1 : 0;
    found.names += same_places && !same_names && !alias ? 1 : 0;
    found.same += same_places && (same_names || alias) ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("llvm-symbolizer gives the same functions, inline chains and lines for 10,000 addresses",
          "[agreement]") {
  if (!is_installed("llvm-symbolizer-14")) {
    WARN("llvm-symbolizer-14 is not installed: nothing compared");
    return;
  }
  // Big modules, as far as they are here: C++ with DWARF, C with a debug file apart, names only.
  const std::string self = std::filesystem::canonical("/proc/self/exe").string();
  const std::vector<std::string> modules = {self, "/usr/lib/x86_64-linux-gnu/libc.so.6",
                                            "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1"};
  Agreement all;
  for (const std::string& module : modules) {
    if (!std::filesystem::exists(module)) continue;
    const Agreement one = agreement_on(module, 10'000 / modules.size() + 1);
    print(std::filesystem::path(module).filename().string(), one);
    all.add(one);
  }
  print("all", all);
  CHECK(all.addresses >= 3334);
  CHECK(all.same >= all.addresses * 97 / 100);
}

}  // namespace dbgtrace::reader::symbols
