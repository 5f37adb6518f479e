// SPDX-License-Identifier: Apache-2.0
// `dbgtrace run`: starts a program recorded.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "reader/analysis/signal_name.hpp"
#include "reader/cli/allocator.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/cli/launch.hpp"
#include "reader/cli/recording_variables.hpp"
#include "reader/cli/run_summary.hpp"
#include "reader/cli/supervise.hpp"
#include "reader/output/printable.hpp"
#include "reader/target/preflight.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct RunOptions {
  std::map<std::string, std::string> values;  // by variable
  std::string allocator;
  FailOn fail_on;
  bool exec = false;
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

// The library to preload; empty, and says why, if there is none that can be.
std::string usable_library() {
  std::string tried;
  const std::string library = find_library(tried);
  if (library.empty()) {
    complain("libdbgtrace.so is not there (looked at " + tried +
             "); build or install it, or set DBGTRACE_LIB to its path");
  } else if (library.find_first_of(" :") != std::string::npos) {
    complain(library +
             ": LD_PRELOAD can't name a path with a space or a colon; copy the library to "
             "another folder and set DBGTRACE_LIB");
    return "";
  }
  return library;
}

bool preload(const RunOptions& options, const std::string& library) {
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

// A number that no other run has: DBGTRACE_RUN, by which the recordings are found again.
uint64_t set_run_id() {
  constexpr uint64_t kMost = 999'999'999'999'999;
  std::random_device random;
  const uint64_t id = (uint64_t{random()} << 32 | random()) % kMost + 1;
  setenv("DBGTRACE_RUN", std::to_string(id).c_str(), 1);
  return id;
}

bool has_command(std::string_view name) {
  return std::any_of(commands().begin(), commands().end(),
                     [name](const Command& command) { return name == command.name; });
}

int run(const RunOptions& options, const Words& words) {
  if (words.empty()) {
    complain("run: name a program: dbgtrace run [options] -- PROG ARGS");
    return kUsage;
  }
  set_variables(options);
  const OutputFor output = set_output(options);
  const std::string library = usable_library();
  if (library.empty()) return kRunFailed;
  const target::Target target =
      target::gather_target(words.front(), target::search_place_of_this_process(), library);
  if (!target.file.problem.empty()) {
    complain(target.file.problem);
    return kRunRefused;
  }
  const target::Preflight preflight = target::judge(target);
  if (!preflight.obstacle.empty()) complain(preflight.sentence + ". " + preflight.way_out);
  if (preflight.verdict != target::Verdict::kNotPreloadable && !preload(options, library)) {
    return kRunFailed;
  }
  const bool direct = target.elf.is_elf && target.file.chain.empty();
  const Program program{words, direct ? target.file.path : "", output};
  const uint64_t id = set_run_id();
  if (options.exec) return become(program);
  const Ended ended = supervise([&program] { return become(program); });
  if (ended.start_error != 0) return ended.start_error;
  RunFindings findings = judge_run(id, ended.pid, std::getenv("DBGTRACE_OUT"));
  if (WIFSIGNALED(ended.status)) findings.killed_by = analysis::signal_name(WTERMSIG(ended.status));
  const bool told_why_not =
      preflight.verdict != target::Verdict::kRecordable && findings.recordings == 0;
  if (!told_why_not) {
    const std::string line = summary_line(findings, has_command("crash"));
    std::fprintf(stderr, "%s\n", output::printable(line).c_str());
  }
  if (!WIFEXITED(ended.status) || WEXITSTATUS(ended.status) != 0) return end_like(ended.status);
  const bool found = (options.fail_on.leak() && findings.leaks > 0) ||
                     (options.fail_on.crash() && findings.crashes > 0);
  return found ? kFindings : kDone;
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
    command.add_option_function<std::string>(known.option(), set, help)
        ->type_name(known.name == "CHILDREN" ? "VALUE:{all,fork,none}" : "VALUE");
  }
  command
      .add_option("--allocator", options->allocator,
                  "run it on another allocator, which stands behind the recorder")
      ->check(CLI::IsMember(allocator_names()));
  command.add_flag("--exec", options->exec,
                   "become PROG instead of waiting for it: same pid, no summary");
  add_fail_on_option(command, options->fail_on);
  // Without `--` the program is what follows the last option.
  return [options, &command](const Words& program) {
    if (options->exec && !options->fail_on.what.empty()) {
      complain("run: --fail-on needs a command that waits, --exec is one that does not");
      return static_cast<int>(kUsage);
    }
    const Words rest = command.remaining();
    if (!rest.empty() && (!program.empty() || rest.front().starts_with('-'))) {
      complain("run: " + rest.front() + " is no option of run (see `dbgtrace run --help`)");
      return static_cast<int>(kUsage);
    }
    return run(*options, program.empty() ? rest : program);
  };
}

}  // namespace dbgtrace::reader::cli
