// SPDX-License-Identifier: Apache-2.0
// Another implementation as the oracle: llvm-symbolizer on this very test program, a real C++
// program with templates, lambdas and inlining.
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <random>
#include <sstream>

#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

struct Answer {
  std::vector<std::string> functions;
  std::vector<std::string> places;  // file:line
};

std::vector<uint64_t> some_addresses(const ScratchFolder& folder, const std::string& program,
                                     size_t count) {
  std::vector<std::pair<uint64_t, uint64_t>> functions;
  std::istringstream lines(folder.run("nm -S --defined-only " + program));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    uint64_t low = 0, size = 0;
    std::string type;
    if (fields >> std::hex >> low >> size >> type && size > 0 &&
        std::string("tTwW").find(type) != std::string::npos) {
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
std::vector<Answer> ask_oracle(const ScratchFolder& folder, const std::string& program,
                               const std::vector<uint64_t>& addresses) {
  std::ostringstream questions;
  for (uint64_t address : addresses) questions << "0x" << std::hex << address << "\n";
  folder.write("questions", questions.str());
  std::istringstream lines(
      folder.run("llvm-symbolizer-14 --inlines --obj=" + program + " <questions"));
  std::vector<Answer> answers(1);
  for (std::string line; std::getline(lines, line);) {
    Answer& answer = answers.back();
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
  name.resize(std::min(name.find_first_of("(<{'.["), name.size()));
  const size_t colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

}  // namespace

TEST_CASE("llvm-symbolizer gives the same inline chains and lines for 500 addresses") {
  if (!is_installed("llvm-symbolizer-14")) {
    WARN("llvm-symbolizer-14 is not installed: nothing compared");
    return;
  }
  ScratchFolder folder;
  const std::string program = std::filesystem::canonical("/proc/self/exe").string();
  const std::vector<uint64_t> addresses = some_addresses(folder, program, 500);
  const std::vector<Answer> oracle = ask_oracle(folder, program, addresses);
  REQUIRE(oracle.size() == addresses.size());
  Symbolizer symbolizer({});
  size_t chains = 0, places = 0, names = 0, functions = 0;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::vector<Frame>& frames = symbolizer.resolve({program, ""}, addresses[i]);
    if (frames.size() != oracle[i].functions.size()) continue;
    ++chains;
    bool same_places = true;
    for (size_t k = 0; k < frames.size(); ++k) {
      const std::string place = frames[k].file + ":" + std::to_string(frames[k].line);
      // Line 0 is "none"; the oracle then takes a file name from elsewhere.
      same_places &= place == oracle[i].places[k] ||
                     (frames[k].line == 0 && oracle[i].places[k].ends_with(":0"));
      names += last_name(frames[k].function) == last_name(oracle[i].functions[k]);
      ++functions;
    }
    places += same_places;
  }
  std::cout << "agreement with llvm-symbolizer-14: " << chains << " chains and " << places
            << " sets of lines of " << addresses.size() << ", " << names << " names of "
            << functions << "\n";
  CHECK(chains >= addresses.size() * 95 / 100);
  CHECK(places >= addresses.size() * 95 / 100);
  CHECK(names >= functions * 90 / 100);
}

}  // namespace dbgtrace::reader::symbols
