// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "reader/cli/exit_code.hpp"
#include "reader/cli/recordings.hpp"
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

// The usage lines say what the library can't: what follows the options of `run`, and that a word
// may be given more than once.
class HelpFormat : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    const size_t end = usage.find_last_not_of('\n') + 1;
    if (app->get_name() == "run") usage.insert(end, " -- PROG ARGS");
    for (size_t at = 0; (at = usage.find("(0x)")) != std::string::npos;)
      usage.replace(at, 4, "...");
    return usage;
  }
};

size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

bool is_command(std::string_view word) {
  return std::any_of(kCommands.begin(), kCommands.end(),
                     [word](const Command& command) { return word == command.name; });
}

// A first word that is no command: a slip of the keyboard, or a file that was to be read.
std::string about_unknown(const std::string& word) {
  if (recording_at(word)) return fmt::format("{} is a recording: dbgtrace info {}", word, word);
  constexpr size_t kLongestWord = 32;
  const Command* nearest = nullptr;
  size_t least = 3;
  for (const Command& command : kCommands) {
    const size_t edits = word.size() > kLongestWord ? least : edits_between(word, command.name);
    if (edits >= least || edits >= word.size()) continue;
    least = edits;
    nearest = &command;
  }
  return fmt::format("\"{}\": no such command{}", word,
                     nearest == nullptr ? " (see `dbgtrace --help`)"
                                        : fmt::format("; did you mean {}?", nearest->name));
}

void complain_of_usage(const CLI::App& app, const CLI::ParseError& error, const std::string& word) {
  if (!is_command(word)) {
    complain(fmt::format("{} (see `dbgtrace --help`)", error.what()));
    return;
  }
  std::string message = error.what();
  const auto extra = app.get_subcommand(word)->remaining();
  const bool one_file = word == "leaks" || word == "memory" || word == "info";
  if (one_file && !extra.empty() && !extra.front().starts_with('-'))
    message =
        fmt::format("{} is of one recording; two are compared by `dbgtrace diff OLD NEW`", word);
  complain(fmt::format("{} (see `dbgtrace {} --help`)", message, word));
}

int dispatch(CLI::App& app, int argc, char** argv, std::map<std::string, Action>& actions) {
  const bool runs = argc > 1 && std::string_view(argv[1]) == "run";
  const Words program = runs ? take_program(argc, argv) : Words{};
  const std::string first = argc > 1 ? argv[1] : "";
  if (!first.empty() && !first.starts_with('-') && !is_command(first)) {
    complain(about_unknown(first));
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    complain_of_usage(app, error, first);
    return kUsage;
  }
  const std::string name = app.get_subcommands().front()->get_name();
  // Commands that start or enter other programs have no thread of their own.
  std::optional<output::SignOfLife> sign_of_life;
  if (name != "run" && name != "attach" && name != "detach" && name != "doctor")
    sign_of_life.emplace();
  return actions.at(name)(program);
}

int take_up(int argc, char** argv) {
  CLI::App app("Reads the flight recordings of native Linux programs.", "dbgtrace");
  app.formatter(std::make_shared<HelpFormat>());
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
  return dispatch(app, argc, argv, actions);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run_command_line(int argc, char** argv) {
  try {
    return take_up(argc, argv);
  } catch (const std::bad_alloc&) {
    complain("not enough memory for this; raise the limit (ulimit -v) or use a bigger machine");
  } catch (const std::exception& error) {
    complain(std::string("failed: ") + error.what());
  }
  return kFailed;
}

}  // namespace dbgtrace::reader::cli
