// SPDX-License-Identifier: Apache-2.0
// Any bytes as the recording, or the bundle, that a whole command is asked about: load, analysis
// and every way to show the result. DBGTRACE_FUZZ_COMMAND names those to run, by the beginnings of
// their command lines and separated by commas ("leaks", "export,bundle", "memory --json"): of
// them, each input goes to one. Without it, each input goes to all of them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "reader/output/printable.hpp"
#include "ring/checksum.hpp"
#include "tests/fuzz/command_stage.hpp"

using namespace dbgtrace;

namespace {

// How a result is checked.
enum class Shape { kText, kJson, kBytes };
struct Line {
  const char* words;
  Shape shape;
};

constexpr Line kLines[] = {
    {"info FILE", Shape::kText},
    {"info --json --stats FILE", Shape::kJson},
    {"info --stats FILE", Shape::kText},
    {"leaks FILE", Shape::kText},
    {"leaks --json FILE", Shape::kJson},
    {"leaks --top 0 --frames 0 --no-built-in-suppressions FILE", Shape::kText},
    {"leaks --json --function m* --thread work --from 10% FILE", Shape::kJson},
    {"memory FILE", Shape::kText},
    {"memory --json FILE", Shape::kJson},
    {"memory --by line,peak --top 0 FILE", Shape::kText},
    {"memory --by function,allocated FILE", Shape::kText},
    {"memory --by module,temporary FILE", Shape::kText},
    {"memory --by thread,blocks FILE", Shape::kText},
    {"memory --json --by line FILE", Shape::kJson},
    {"memory --json --by thread --from 10% --to 90% FILE", Shape::kJson},
    {"memory --module example --file main --to 50% FILE", Shape::kText},
    {"crash FILE", Shape::kText},
    {"crash --json FILE", Shape::kJson},
    {"crash --maps --top 0 --frames 0 --source-dir FOLDER FILE", Shape::kText},
    {"crash FOLDER", Shape::kText},
    {"crash --json FOLDER", Shape::kJson},
    {"diff EXAMPLE FILE", Shape::kText},
    {"diff --json FILE EXAMPLE", Shape::kJson},
    {"diff --by function --per second --least 0 FILE EXAMPLE", Shape::kText},
    {"diff --by line --from 20% --to 80% FILE", Shape::kText},
    {"diff --json --by module --from 20% FILE", Shape::kJson},
    {"dump FILE", Shape::kText},
    {"dump --json FILE", Shape::kJson},
    {"dump --json --live --freed FILE", Shape::kJson},
    {"list FOLDER", Shape::kText},
    {"list --json FOLDER", Shape::kJson},
    {"annotate --source-dir FOLDER main.cpp FILE", Shape::kText},
    {"annotate --whole --source-dir FOLDER main.cpp FILE", Shape::kText},
    {"annotate --json --source-dir FOLDER main.cpp FILE", Shape::kJson},
    {"html FILE", Shape::kBytes},
    {"export --format pprof FILE", Shape::kBytes},
    {"export --format folded --by peak FILE", Shape::kBytes},
    {"export --format speedscope FILE", Shape::kJson},
    {"export --format csv --by temporary FILE", Shape::kBytes},
    {"export --format sarif --source-dir FOLDER FILE", Shape::kJson},
    {"export --format core FILE", Shape::kBytes},
    {"bundle -o - FILE", Shape::kBytes},
};

void require(bool holds, const Line& line, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "dbgtrace %s: %s\n", line.words, what);
  std::abort();
}

std::vector<Line> wanted_lines() {
  const char* wanted = std::getenv("DBGTRACE_FUZZ_COMMAND");
  std::vector<Line> lines;
  std::istringstream beginnings(wanted == nullptr ? "" : wanted);
  for (std::string beginning; std::getline(beginnings, beginning, ',');) {
    for (const Line& line : kLines) {
      if ((std::string(line.words) + " ").starts_with(beginning + " ")) lines.push_back(line);
    }
  }
  if (wanted != nullptr && lines.empty()) {
    std::fprintf(stderr, "DBGTRACE_FUZZ_COMMAND=%s: no such command here\n", wanted);
    std::exit(2);
  }
  if (wanted == nullptr) lines.assign(std::begin(kLines), std::end(kLines));
  return lines;
}

// A name out of the recording must not reach the terminal as anything that it obeys.
bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (reader::output::printable(line) != line) return false;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return true;
}

void run(tests::CommandStage& stage, const Line& line) {
  constexpr int kDone = 0, kFailed = 1, kUsage = 2, kDamaged = 3;
  const tests::CommandResult result = stage.run(line.words);
  // Moments of a recording that turn out to be none are the only wrong use that these lines allow.
  const bool of_times = std::string_view(line.words).find("%") != std::string_view::npos;
  require(result.status == kDone || result.status == kFailed || result.status == kDamaged ||
              (of_times && result.status == kUsage),
          line, "an exit status that the contract does not know");
  require(result.status == kDone || !result.messages.empty(), line, "no word on what is wrong");
  require(is_clean(result.messages), line, "a message with control characters");
  const bool has_result = result.status == kDone || result.status == kDamaged;
  require(has_result == !result.output.empty() || line.shape == Shape::kBytes, line,
          "a result and a failure, or none of both");
  if (!has_result) return;
  if (line.shape == Shape::kText)
    require(is_clean(result.output), line, "text with control characters");
  if (line.shape == Shape::kJson) {
    require(nlohmann::json::accept(result.output), line, "no JSON");
    require(is_clean(result.output), line, "JSON with control characters");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  static const std::vector<Line> lines = wanted_lines();
  static const bool every = std::getenv("DBGTRACE_FUZZ_COMMAND") == nullptr;
  static tests::CommandStage stage;
  stage.set_recording(std::as_bytes(std::span(data, size_bytes)));
  if (every) {
    for (const Line& line : lines) run(stage, line);
  } else {
    run(stage, lines[ring::crc32c(data, size_bytes) % lines.size()]);
  }
  return 0;
}
