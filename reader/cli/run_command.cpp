// SPDX-License-Identifier: Apache-2.0
// `dbgtrace run`: starts a program recorded.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

#include "reader/cli/allocator.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/cli/launch.hpp"
#include "reader/cli/recording_variables.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct RunOptions {
  std::map<std::string, std::string> values;  // by variable
  std::string allocator;
  FailOn fail_on;
};

std::string value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// An option wins over the variable that is set already; a value that makes no sense is named, and
// the default is used: the program always starts.
void set_variables(const RunOptions& options) {
  for (const RecordingVariable& known : recording_variables()) {
    const std::string variable = known.variable();
    const auto given = options.values.find(variable);
    if (given != options.values.end()) setenv(variable.c_str(), given->second.c_str(), 1);
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr || known.makes_sense(value)) continue;
    complain(fmt::format("{}={} makes no sense (expected {}); the default is used", variable, value,
                         known.expected));
    unsetenv(variable.c_str());
  }
}

// Says where the recording goes. Nobody named a place: into the working directory, but that of PROG
// alone. A place that another `run`, some parent of ours, chose for its program is nobody's.
OutputFor set_output(const RunOptions& options) {
  const std::string owner = value_of("DBGTRACE_OUT_PID");
  const bool inherited = options.values.count("DBGTRACE_OUT") == 0 && !owner.empty() &&
                         owner != "0" && owner != std::to_string(getpid());
  const std::string named = inherited ? "" : value_of("DBGTRACE_OUT");
  const std::string folder = std::filesystem::current_path().string();
  const std::string place = absolute_template(named.empty() ? "./%e.%p.dbgt" : named, folder);
  setenv("DBGTRACE_OUT", place.c_str(), 1);
  unsetenv("DBGTRACE_OUT_PID");
  return named.empty() ? OutputFor::kProgramAlone : OutputFor::kChildrenToo;
}

bool preload(const RunOptions& options) {
  std::string tried;
  const std::string library = find_library(tried);
  if (library.empty()) {
    complain("libdbgtrace.so is not there (looked at " + tried +
             "); build or install it, or set DBGTRACE_LIB to its path");
    return false;
  }
  if (library.find_first_of(" :") != std::string::npos) {
    complain(library +
             ": LD_PRELOAD can't name a path with a space or a colon; copy the library to "
             "another folder and set DBGTRACE_LIB");
    return false;
  }
  AllocatorLibraries behind;
  if (!options.allocator.empty()) {
    behind = find_allocator(options.allocator, library_folders());
    if (behind.preload.empty()) {
      complain("run: --allocator: " + behind.message);
      return false;
    }
  }
  const char* present = std::getenv("LD_PRELOAD");
  setenv("LD_PRELOAD",
         preload_value(library, behind.preload, present == nullptr ? "" : present).c_str(), 1);
  return true;
}

int run(const RunOptions& options, const Words& words) {
  if (words.empty()) {
    complain("run: name a program: dbgtrace run [options] -- PROG ARGS");
    return kUsage;
  }
  set_variables(options);
  const OutputFor output = set_output(options);
  if (!preload(options)) return kRunFailed;
  if (options.fail_on.what.empty()) return become(words, output);
  const Ended ended = start_and_wait(words, output);
  if (ended.start_error != 0) return ended.start_error;
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0) {
    const std::filesystem::path out = std::getenv("DBGTRACE_OUT");
    return judge_recording(options.fail_on, out.parent_path().string(),
                           static_cast<uint32_t>(ended.pid));
  }
  return end_like(ended.status);
}

}  // namespace

Action prepare_run(CLI::App& command) {
  auto options = std::make_shared<RunOptions>();
  command.prefix_command();
  for (const RecordingVariable& known : recording_variables()) {
    if (!known.is_option) continue;
    const auto set = [options, name = known.variable()](const std::string& value) {
      options->values[name] = value;
    };
    std::string help(known.help);
    if (!known.initial.empty()) help += fmt::format(" [{}]", known.initial);
    command.add_option_function<std::string>(known.option(), set, help)->type_name("VALUE");
  }
  command
      .add_option("--allocator", options->allocator,
                  "run it on another allocator, which stands behind the recorder")
      ->check(CLI::IsMember(allocator_names()));
  add_fail_on_option(command, options->fail_on);
  // Without `--` the program is what follows the last option.
  return [options, &command](const Words& program) {
    const Words rest = command.remaining();
    if (!rest.empty() && (!program.empty() || rest.front().starts_with('-'))) {
      complain("run: " + rest.front() + " is no option of run (see `dbgtrace run --help`)");
      return static_cast<int>(kUsage);
    }
    return run(*options, program.empty() ? rest : program);
  };
}

}  // namespace dbgtrace::reader::cli
