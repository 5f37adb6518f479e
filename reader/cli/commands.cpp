// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/commands.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "reader/cli/exit_code.hpp"
#include "reader/output/pager.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::reader::cli {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"run", "start a program recorded",
     "  dbgtrace run -- ./server --port 80\n"
     "  dbgtrace run --sample 1 -- ./test_program      every allocation\n"
     "  dbgtrace run --fail-on leak -- ./test_program  status 4 if it leaks\n",
     prepare_run},
    {"doctor", "whether and how a program, or a running process, can be recorded here",
     "  dbgtrace doctor ./server\n  dbgtrace doctor 1234 --json\n", prepare_doctor},
    {"attach", "start recording in a process that runs",
     "  dbgtrace attach 4711                           prints where the recording is\n"
     "  dbgtrace attach 4711 --sample 64K --out /var/tmp/%e.%p.dbgt\n",
     prepare_attach},
    {"detach", "end that recording and leave the process as it was", "  dbgtrace detach 4711\n",
     prepare_detach},
    {"list", "the recordings in the usual places, newest first",
     "  dbgtrace list\n  dbgtrace list /var/tmp/recordings --json\n", prepare_list},
    {"info", "what a recording is: process, state, counts, losses, cost",
     "  dbgtrace info server.1234.dbgt\n", prepare_info},
    {"leaks", "leaking call stacks, worst first, with confidence",
     "  dbgtrace leaks                                 of the newest recording\n"
     "  dbgtrace leaks --fail-on leak server.1234.dbgt\n"
     "  dbgtrace leaks --suppressions known.supp --function 'Session::*'\n"
     "  dbgtrace leaks --json -o leaks.json server.1234.dbgt\n",
     prepare_leaks},
    {"memory", "call stacks by live, peak, allocated and temporary bytes",
     "  dbgtrace memory --by peak --top 5 server.1234.dbgt\n"
     "  dbgtrace memory --by function,allocated        put together by function\n"
     "  dbgtrace memory --thread worker --from 10min   what lives of one thread's newer blocks\n",
     prepare_memory},
    {"diff", "what got better or worse between two recordings, or two moments of one",
     "  dbgtrace diff before.dbgt after.dbgt\n"
     "  dbgtrace diff --fail-on regression before.dbgt after.dbgt   status 4 if anything is worse\n"
     "  dbgtrace diff --from 10min --to 2h server.1234.dbgt         what grew in between\n",
     prepare_diff},
    {"annotate", "a source file with bytes and counts beside its lines",
     "  dbgtrace annotate parse.c server.1234.dbgt\n"
     "  dbgtrace annotate src/parse.c --whole --source-dir ~/server\n",
     prepare_annotate},
    {"html", "one page for a browser, with everything in it",
     "  dbgtrace html server.1234.dbgt -o server.html\n", prepare_html},
    {"crash", "the post-mortem of a crash; of many recordings: grouped by signature",
     "  dbgtrace crash server.1234.dbgt\n"
     "  dbgtrace crash /var/tmp/recordings             each bug once\n"
     "  dbgtrace crash --json --fail-on crash server.1234.dbgt\n",
     prepare_crash},
    {"export", "a recording in the format of another tool",
     "  dbgtrace export --format pprof -o heap.pb.gz server.1234.dbgt; pprof -http : heap.pb.gz\n"
     "  dbgtrace export --format folded --by allocated server.1234.dbgt | flamegraph.pl > out.svg\n"
     "  dbgtrace export --format speedscope -o heap.json server.1234.dbgt; speedscope heap.json\n"
     "  dbgtrace export --format core -o out.core server.1234.dbgt; gdb ./server out.core\n"
     "  dbgtrace export --format sarif -o crash.sarif server.1234.dbgt\n",
     prepare_export},
    {"bundle", "recording and the names that it needs, in one file for another machine",
     "  dbgtrace bundle server.1234.dbgt -o server.dbgtz\n"
     "  dbgtrace leaks server.dbgtz                    anywhere\n",
     prepare_bundle},
    {"dump", "the records of a recording, one a line", "  dbgtrace dump --live server.1234.dbgt\n",
     prepare_dump},
    {"help", "a command's options, or a topic", "  dbgtrace help leaks\n  dbgtrace help classes\n",
     prepare_help},
    {"completion", "a script that completes commands and options in a shell",
     "  eval \"$(dbgtrace completion bash)\"\n"
     "  dbgtrace completion fish > ~/.config/fish/completions/dbgtrace.fish\n",
     prepare_completion},
});

// A traced program's own words are none of ours, also where they look like our commands or options.
Words take_program(int& argc, char** argv) {
  const auto end = argv + argc;
  const auto dashes =
      std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });
  if (dashes == end) return {};
  argc = static_cast<int>(dashes - argv);
  return {dashes + 1, end};
}

int dispatch(CLI::App& app, int argc, char** argv, std::map<std::string, Action>& actions) {
  const bool runs = argc > 1 && std::string_view(argv[1]) == "run";
  const Words program = runs ? take_program(argc, argv) : Words{};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    complain(std::string(error.what()) + " (see `dbgtrace --help`)");
    return kUsage;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  // Commands that start or enter other programs have no thread of their own.
  std::optional<output::SignOfLife> sign_of_life;
  if (name != "run" && name != "attach" && name != "detach" && name != "doctor")
    sign_of_life.emplace();
  return actions.at(name)(program);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run_command_line(int argc, char** argv) {
  CLI::App app("Reads the flight recordings of native Linux programs.", "dbgtrace");
  app.set_version_flag("--version", std::string("dbgtrace " DBGTRACE_VERSION ", file format ") +
                                        std::to_string(ring::kVersion));
  app.require_subcommand(1);
  app.footer("`dbgtrace COMMAND --help` shows its options and examples.");
  std::map<std::string, Action> actions;
  for (const Command& command : kCommands) {
    CLI::App* part = app.add_subcommand(command.name, command.summary);
    part->footer(std::string("Examples:\n") + command.examples);
    actions[command.name] = command.prepare(*part);
  }
  try {
    return dispatch(app, argc, argv, actions);
  } catch (const std::bad_alloc&) {
    complain("not enough memory for this; raise the limit (ulimit -v) or use a bigger machine");
  } catch (const std::exception& error) {
    complain(std::string("failed: ") + error.what());
  }
  return kFailed;
}

}  // namespace dbgtrace::reader::cli
