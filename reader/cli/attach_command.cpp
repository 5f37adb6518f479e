// SPDX-License-Identifier: Apache-2.0
// `dbgtrace attach` and `dbgtrace detach`: begins and ends the recording of a process that runs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "reader/attach/attach.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/launch.hpp"
#include "reader/cli/recording_variables.hpp"
#include "reader/output/sink.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct AttachOptions {
  std::map<std::string, std::string> values;  // by variable
  pid_t pid = 0;
  bool json = false;
  std::string result_file;
};

// As for `run`: an option wins over the variable of this command's environment. The process's own
// environment is not asked, it may be years old.
std::vector<std::string> settings_of(const AttachOptions& options) {
  std::vector<std::string> settings;
  for (const RecordingVariable& known : recording_variables()) {
    const std::string variable = known.variable();
    const char* inherited = known.is_option ? std::getenv(variable.c_str()) : nullptr;
    std::string value = inherited == nullptr ? "" : inherited;
    if (const auto given = options.values.find(variable); given != options.values.end())
      value = given->second;
    if (value.empty()) continue;
    if (!known.makes_sense(value)) {
      complain(fmt::format("{}={} makes no sense (expected {}); the default is used", variable,
                           value, known.expected));
      continue;
    }
    if (known.name == "OUT")
      value = absolute_template(value, std::filesystem::current_path().string());
    settings.push_back(fmt::format("{}={}", variable, value));
  }
  return settings;
}

void report_failure(const attach::Outcome& outcome) {
  const attach::Obstacle& obstacle = outcome.obstacle;
  complain(obstacle.sentence + (obstacle.way_out.empty() ? "" : "; " + obstacle.way_out));
}

nlohmann::json document_of(const char* schema, pid_t pid, const attach::Outcome& outcome) {
  return {{"schema", schema},
          {"file", outcome.path},
          {"pid", pid},
          {"slots", outcome.slots},
          {"slots_left", outcome.slots_left},
          {"threads", outcome.threads},
          {"pause_s", outcome.all_paused_ms / 1000},
          {"thread_pause_s", outcome.one_paused_ms / 1000}};
}

int print_result(const AttachOptions& options, const std::string& result) {
  const std::string problem = output::deliver(result + "\n", options.result_file);
  if (problem.empty()) return kDone;
  complain(problem);
  return kFailed;
}

int attach_process(const AttachOptions& options) {
  std::string tried;
  const std::string library = find_library(tried);
  if (library.empty()) {
    complain("libdbgtrace.so is not there (looked at " + tried +
             "); build or install it, or set DBGTRACE_LIB to its path");
    return kFailed;
  }
  const attach::Outcome outcome = attach::attach(options.pid, settings_of(options), library);
  if (outcome.obstacle) {
    report_failure(outcome);
    return kFailed;
  }
  if (outcome.executable_has_malloc)
    complain(fmt::format("the executable of {} defines malloc itself: only crashes are recorded",
                         options.pid));
  if (options.json) {
    nlohmann::json document = document_of("dbgtrace.attach/1", options.pid, outcome);
    document["modules"] = outcome.modules;
    return print_result(options, document.dump(2));
  }
  const int code = print_result(options, outcome.path);
  fmt::print(stderr,
             "dbgtrace: {} is recorded: {} calls of {} modules lead through the recorder; {} "
             "threads stood still for "
             "{:.1f} ms, one of them for {:.1f} ms\n",
             options.pid, outcome.slots, outcome.modules, outcome.threads, outcome.all_paused_ms,
             outcome.one_paused_ms);
  return code;
}

int detach_process(const AttachOptions& options) {
  const attach::Outcome outcome = attach::detach(options.pid);
  if (outcome.obstacle) {
    report_failure(outcome);
    return kFailed;
  }
  if (options.json) {
    return print_result(options, document_of("dbgtrace.detach/1", options.pid, outcome).dump(2));
  }
  const int code = print_result(options, outcome.path);
  fmt::print(stderr,
             "dbgtrace: {} is as it was: {} calls put back; {} threads stood still for {:.1f} ms\n",
             options.pid, outcome.slots, outcome.threads, outcome.all_paused_ms);
  return code;
}

void add_common_options(CLI::App& command, AttachOptions& options) {
  command.add_option("PID", options.pid, "the process")
      ->required()
      ->check([](const std::string& word) {
        const bool digits =
            std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
        constexpr size_t kMostDigits = 9;
        const bool number = digits && !word.empty() && word.size() <= kMostDigits &&
                            word.find_first_not_of('0') != std::string::npos;
        return number ? "" : fmt::format("a process number is expected, not \"{}\"", word);
      });
  command.add_flag("--json", options.json, "the result as JSON");
  command.add_option("-o", options.result_file, "write the result to this file")->type_name("FILE");
}

}  // namespace

Action prepare_attach(CLI::App& command) {
  auto options = std::make_shared<AttachOptions>();
  add_common_options(command, *options);
  for (const RecordingVariable& known : recording_variables()) {
    if (!known.is_option) continue;
    const auto set = [options, name = known.variable()](const std::string& value) {
      options->values[name] = value;
    };
    std::string help(known.help);
    if (!known.initial.empty()) help += fmt::format(" [{}]", known.initial);
    command.add_option_function<std::string>(known.option(), set, help)
        ->type_name(known.name == "CHILDREN" ? "VALUE:{all,fork,none}" : "VALUE")
        ->check([&known](const std::string& value) { return known.objection(value); });
  }
  return [options](const Words&) { return attach_process(*options); };
}

Action prepare_detach(CLI::App& command) {
  auto options = std::make_shared<AttachOptions>();
  add_common_options(command, *options);
  return [options](const Words&) { return detach_process(*options); };
}

}  // namespace dbgtrace::reader::cli
