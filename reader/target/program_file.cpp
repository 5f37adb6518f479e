// SPDX-License-Identifier: Apache-2.0
#include "reader/target/program_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace dbgtrace::reader::target {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLinks = 6;
constexpr size_t kMaxShebangBytes = 256, kMaxShimBytes = 16 << 10;

std::string variable_of_this_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool is_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string first_bytes(const std::string& path, size_t most) {
  std::string text(most, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// `env [-S] [-i] [-u NAME] [NAME=VALUE] PROGRAM`.
std::string program_of_env(const std::vector<std::string>& words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-u" || words[i] == "-C") {
      ++i;
    } else if (!words[i].starts_with('-') && words[i].find('=') == std::string::npos) {
      return words[i];
    }
  }
  return "";
}

std::string first_line(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  while (std::getline(file, line)) {
    const std::vector<std::string> words = words_of(line);
    if (!words.empty() && !words.front().starts_with('#')) return words.front();
  }
  return "";
}

// The version that pyenv and its relatives would choose: variable, file of the folder or of one
// above it, file of the root.
std::string chosen_version(const std::string& manager, const fs::path& root,
                           const SearchPlace& place) {
  std::string upper;
  for (const char c : manager)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string set = place.variable == nullptr ? "" : place.variable(upper + "_VERSION");
  if (!set.empty()) return set.substr(0, set.find(':'));
  const std::string language = manager.substr(0, manager.size() - 3);
  const std::string local = language == "py"    ? ".python-version"
                            : language == "rb"  ? ".ruby-version"
                            : language == "nod" ? ".node-version"
                                                : "." + language + "-version";
  for (fs::path folder = place.folder; !folder.empty(); folder = folder.parent_path()) {
    const std::string version = first_line(folder / local);
    if (!version.empty()) return version;
    if (folder == folder.parent_path()) break;
  }
  return first_line(root / "version");
}

// What a shim stands for; empty if the script is none, or if nobody knows.
std::string behind_shim(const std::string& script, const SearchPlace& place) {
  const fs::path path(script);
  if (path.parent_path().filename() != "shims") return "";
  const fs::path root = path.parent_path().parent_path();
  const std::string text = first_bytes(script, kMaxShimBytes);
  std::smatch found;
  static const std::regex kManager("([a-z]+env)\"? exec ");
  if (std::regex_search(text, found, kManager)) {
    const std::string version = chosen_version(found[1], root, place);
    const fs::path program = root / "versions" / version / "bin" / path.filename();
    if (version == "system") {
      SearchPlace others = place;
      others.path.clear();
      for (std::istringstream folders(place.path); !folders.eof();) {
        std::string folder;
        std::getline(folders, folder, ':');
        if (fs::path(folder) != path.parent_path()) others.path += folder + ":";
      }
      return find_program(path.filename().string(), others);
    }
    return !version.empty() && is_file(program.string()) ? program.string() : "";
  }
  static const std::regex kPlugin("# asdf-plugin: (\\S+) (\\S+)");
  if (std::regex_search(text, found, kPlugin)) {
    const fs::path program =
        root / "installs" / found[1].str() / found[2].str() / "bin" / path.filename();
    return is_file(program.string()) ? program.string() : "";
  }
  return "";
}

}  // namespace

SearchPlace search_place_of_this_process() {
  std::error_code error;
  const char* path = std::getenv("PATH");
  return {path == nullptr ? "/bin:/usr/bin" : path, fs::current_path(error).string(),
          variable_of_this_process("HOME"), variable_of_this_process};
}

std::string find_program(const std::string& name, const SearchPlace& place) {
  if (name.find('/') != std::string::npos) return is_file(name) ? name : "";
  std::string unusable;
  std::istringstream folders(place.path);
  for (std::string folder; !name.empty() && std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (!is_file(candidate)) continue;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    if (unusable.empty()) unusable = candidate;
  }
  return unusable;
}

ProgramFile resolve_program(const std::string& file, const SearchPlace& place) {
  ProgramFile result;
  result.path = file;
  for (size_t i = 0; i < kMaxLinks; ++i) {
    const std::string head = first_bytes(result.path, kMaxShebangBytes);
    if (!head.starts_with("#!")) return result;
    const std::vector<std::string> words = words_of(head.substr(2, head.find('\n') - 2));
    std::string runs = behind_shim(result.path, place);
    if (runs.empty() && !words.empty()) {
      const bool by_env = fs::path(words.front()).filename() == "env";
      const std::string name = by_env ? program_of_env(words) : words.front();
      runs = by_env && !name.empty() ? find_program(name, place) : name;
      if (runs.empty()) runs = name;
    }
    result.chain.push_back({result.path, runs});
    if (runs.empty() || !is_file(runs)) {
      result.problem =
          fmt::format("{} is a script for {}, which is not there", result.path,
                      runs.empty() ? "an interpreter that its first line does not name" : runs);
      result.path.clear();
      return result;
    }
    result.path = runs;
  }
  result.problem = fmt::format("{} leads through more scripts than the kernel follows", file);
  result.path.clear();
  return result;
}

}  // namespace dbgtrace::reader::target
