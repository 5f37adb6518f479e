// SPDX-License-Identifier: Apache-2.0
// The workshop behind the symbol tests (its name makes the glob pick it up), and its own check.
#include "tests/unit/reader/symbols/scratch_program.hpp"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace dbgtrace::reader::symbols {
namespace {

constexpr const char* kSource = R"(namespace app {
volatile int sink;
static inline __attribute__((always_inline)) void leaf(int x) {
  sink = x;
}
struct Session {
  inline __attribute__((always_inline)) void middle(int x) {
    leaf(x + 1);
  }
};
__attribute__((noinline)) int outer(int x) {
  Session session;
  session.middle(x);
  return sink;
}
}  // namespace app
int main(int count, char**) { return app::outer(count); }
)";

}  // namespace

ScratchFolder::ScratchFolder() {
  unsetenv("DEBUGINFOD_URLS");  // no test may ask the network
  std::string name = (std::filesystem::temp_directory_path() / "dbgtrace-symbols-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder " + name);
  folder_ = std::filesystem::canonical(name).string();
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string ScratchFolder::run(const std::string& command) const {
  FILE* pipe = popen(("cd " + folder_ + " && " + command + " 2>errors").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell for: " + command);
  std::string output;
  char piece[4096];
  while (size_t size = fread(piece, 1, sizeof piece, pipe)) output.append(piece, size);
  if (pclose(pipe) != 0) {
    std::ostringstream errors;
    errors << std::ifstream(path("errors")).rdbuf();
    throw std::runtime_error(command + ": " + errors.str());
  }
  return output;
}

std::string ScratchFolder::build(const std::string& compiler_and_flags) const {
  write("program.cpp", kSource);
  const size_t space = compiler_and_flags.find(' ');
  // First, so that the flags can take it back.
  run(compiler_and_flags.substr(0, space) + " -Wl,--build-id " +
      (space == std::string::npos ? "" : compiler_and_flags.substr(space)) +
      " -O1 -o program program.cpp");
  return path("program");
}

std::string ScratchFolder::build_id(const std::string& file) const {
  const std::string id = run("readelf -n " + file + " | sed -n 's/.*Build ID: //p'");
  return id.substr(0, id.find('\n'));
}

std::pair<uint64_t, uint64_t> ScratchFolder::function(const std::string& file,
                                                      const std::string& name) const {
  std::istringstream line(run("nm -S " + file + " | grep ' " + name + "$'"));
  uint64_t low = 0, size = 0;
  line >> std::hex >> low >> size;
  return {low, size};
}

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

std::vector<std::string> leaf_chain(Symbolizer& symbolizer, const ModuleKey& key,
                                    std::pair<uint64_t, uint64_t> outer) {
  for (uint64_t address = outer.first; address < outer.first + outer.second; ++address) {
    const std::vector<Frame>& frames = symbolizer.resolve(key, address);
    if (frames.front().line != kLeafLine || frames.size() != 3) continue;
    std::vector<std::string> chain;
    for (const Frame& frame : frames) {
      chain.push_back(std::string(frame.function) + " " +
                      std::filesystem::path(frame.file).filename().string() + ":" +
                      std::to_string(frame.line) + (frame.inlined ? " inlined" : ""));
    }
    return chain;
  }
  return {};
}

const std::vector<std::string>& expected_chain() {
  static const std::vector<std::string> chain = {
      "app::leaf program.cpp:" + std::to_string(kLeafLine) + " inlined",
      "app::Session::middle program.cpp:" + std::to_string(kMiddleLine) + " inlined",
      "app::outer program.cpp:" + std::to_string(kOuterLine)};
  return chain;
}

TEST_CASE("a scratch program has a build-id and the function that the tests look for") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g");
  CHECK(folder.build_id(program).size() == 40);
  CHECK(folder.function(program, kOuterLinkerName).second > 0);
}

}  // namespace dbgtrace::reader::symbols
