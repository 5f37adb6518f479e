// SPDX-License-Identifier: Apache-2.0
// `dbgtrace help TOPIC` and `dbgtrace completion SHELL`: what the table of commands knows of
// itself.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "reader/cli/bash_completion.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/help_topics.hpp"
#include "reader/output/sink.hpp"

namespace dbgtrace::reader::cli {
namespace {

std::string names_of_topics() {
  std::string names;
  for (const HelpTopic& topic : help_topics()) {
    names += fmt::format("  {:<12} {}\n", topic.name, topic.summary);
  }
  return names;
}

int print(const std::string& text) {
  const std::string problem = output::deliver(text, "");
  if (problem.empty()) return kDone;
  complain(problem);
  return kFailed;
}

int help(const CLI::App& app, const std::string& topic) {
  if (topic.empty())
    return print(app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal) +
                 "\nTopics of `dbgtrace help TOPIC`:\n" + names_of_topics());
  for (const HelpTopic& known : help_topics()) {
    if (topic == known.name) return print(known.text);
  }
  for (const Command& command : commands()) {
    if (topic == command.name) return print(app.get_subcommand(topic)->help(app.get_name()));
  }
  complain(fmt::format("\"{}\": no such command or topic; `dbgtrace help` lists them", topic));
  return kUsage;
}

struct Described {
  std::string name, help;
};

std::vector<Described> options_of(const CLI::App& command) {
  std::vector<Described> list;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      list.push_back({"--" + name, option->get_description()});
    }
  }
  return list;
}

std::string quoted(std::string text) {
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\' || c == '\n' || c == '`'; });
  return text;
}

// Options come from the commands themselves, so that no script has to be kept up to date.
std::string zsh_script(const CLI::App& app) {
  std::string script = "#compdef dbgtrace\nlocal -a all\nif (( CURRENT == 2 )); then\n  all=(\n";
  for (const Command& command : commands()) {
    script += fmt::format("    '{}:{}'\n", command.name, quoted(command.summary));
  }
  script += "  )\n  _describe command all\n  return\nfi\ncase $words[2] in\n";
  for (const Command& command : commands()) {
    script += fmt::format("  {})\n    all=(\n", command.name);
    for (const Described& one : options_of(*app.get_subcommand(command.name))) {
      script += fmt::format("      '{}:{}'\n", one.name, quoted(one.help));
    }
    script += "    ) ;;\n";
  }
  return script +
         "esac\nif [[ $PREFIX == -* ]]; then\n  _describe option all\nelse\n  _files\nfi\n";
}

std::string fish_script(const CLI::App& app) {
  std::string script = "# fish completion of dbgtrace\n";
  for (const Command& command : commands()) {
    script += fmt::format("complete -c dbgtrace -n __fish_use_subcommand -f -a {} -d '{}'\n",
                          command.name, quoted(command.summary));
    for (const Described& one : options_of(*app.get_subcommand(command.name))) {
      script +=
          fmt::format("complete -c dbgtrace -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n",
                      command.name, one.name.substr(2), quoted(one.help));
    }
  }
  return script;
}

}  // namespace

Action prepare_help(CLI::App& command) {
  auto topic = std::make_shared<std::string>();
  command.add_option("TOPIC", *topic, "a command, or one of the topics that `dbgtrace help` lists");
  return [topic, &command](const Words&) { return help(*command.get_parent(), *topic); };
}

Action prepare_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell, &command](const Words&) {
    const CLI::App& app = *command.get_parent();
    return print(*shell == "bash"  ? kBashCompletion
                 : *shell == "zsh" ? zsh_script(app)
                                   : fish_script(app));
  };
}

}  // namespace dbgtrace::reader::cli
