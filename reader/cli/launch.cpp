// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/launch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "reader/cli/exit_code.hpp"

namespace dbgtrace::reader::cli {
namespace {

namespace fs = std::filesystem;

std::vector<char*> as_arguments(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

}  // namespace

std::string find_library(std::string& tried) {
  const char* given = std::getenv("DBGTRACE_LIB");
  std::vector<fs::path> places;
  std::error_code error;
  if (given != nullptr && *given != '\0') {
    places.push_back(fs::absolute(given, error));
  } else {
    const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* folder : {"../lib", "../lib/" DBGTRACE_MULTIARCH, "../lib64", "."}) {
      places.push_back((beside / folder / "libdbgtrace.so").lexically_normal());
    }
  }
  for (const fs::path& place : places) {
    if (access(place.c_str(), R_OK) == 0) return place.string();
    tried += (tried.empty() ? "" : ", ") + place.string();
  }
  return "";
}

std::string preload_value(const std::string& library, const std::string& behind,
                          const std::string& present) {
  std::string value = library;
  if (!behind.empty()) value += ":" + behind;
  if (!present.empty()) value += ":" + present;
  return value;
}

std::string absolute_template(const std::string& path_template, const std::string& folder) {
  std::string value;
  if (!path_template.starts_with('/')) {
    for (const char c : folder) value += c == '%' ? "%%" : std::string(1, c);
    const bool dotted = path_template.starts_with("./");
    value += "/" + path_template.substr(dotted ? 2 : 0);
  } else {
    value = path_template;
  }
  std::error_code error;
  const bool is_folder =
      value.find('%') == std::string::npos && std::filesystem::is_directory(value, error) && !error;
  if (is_folder && !value.ends_with('/')) value += '/';
  return value.ends_with('/') ? value + "%e.%p.dbgt" : value;
}

int become(const Program& program) {
  // The program keeps the pid of the process that becomes it.
  if (program.output == OutputFor::kProgramAlone)
    setenv("DBGTRACE_OUT_PID", std::to_string(getpid()).c_str(), 1);
  // execvp() gives what the kernel refuses to a shell, also a program of another machine.
  if (program.file.empty()) {
    execvp(program.words.front().c_str(), as_arguments(program.words).data());
  } else {
    execv(program.file.c_str(), as_arguments(program.words).data());
  }
  const int error = errno;
  std::error_code none;
  const bool folder = fs::is_directory(program.words.front(), none);
  complain(fmt::format("{}: {}", program.words.front(),
                       folder ? "is a directory" : std::strerror(error)));
  return error == ENOENT ? kRunNotFound : kRunRefused;
}

}  // namespace dbgtrace::reader::cli
