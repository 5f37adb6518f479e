// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "reader/cli/exit_code.hpp"

namespace dbgtrace::reader::cli {
namespace {

namespace fs = std::filesystem;

volatile sig_atomic_t g_child = 0;

extern "C" void pass_on(int signal) {
  if (g_child > 0) kill(static_cast<pid_t>(g_child), signal);
}

std::vector<char*> as_arguments(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
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
  if (path_template.starts_with('/')) return path_template;
  std::string value;
  for (const char c : folder) value += c == '%' ? "%%" : std::string(1, c);
  const bool dotted = path_template.starts_with("./");
  return value + "/" + path_template.substr(dotted ? 2 : 0);
}

int become(const std::vector<std::string>& words, OutputFor output) {
  // The program keeps the pid of the process that becomes it.
  if (output == OutputFor::kProgramAlone)
    setenv("DBGTRACE_OUT_PID", std::to_string(getpid()).c_str(), 1);
  execvp(words.front().c_str(), as_arguments(words).data());
  const int error = errno;
  complain(fmt::format("{}: {}", words.front(), std::strerror(error)));
  return error == ENOENT ? kRunNotFound : kRunRefused;
}

Ended start_and_wait(const std::vector<std::string>& words, OutputFor output) {
  constexpr std::array kPassed = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
  // A terminal sends these to the whole group: the program decides what they mean.
  constexpr std::array kIgnored = {SIGINT, SIGQUIT};
  std::array<int, 2> failure{};
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return {0, kRunFailed, 0};
  const pid_t pid = fork();
  if (pid == 0) {
    const int code = become(words, output);
    const ssize_t told = write(failure[1], &code, sizeof code);
    _exit(told == sizeof code ? code : kRunFailed);
  }
  close(failure[1]);
  Ended ended{0, pid < 0 ? kRunFailed : 0, pid};
  if (pid > 0) {
    g_child = pid;
    for (const int signal : kPassed) std::signal(signal, pass_on);
    for (const int signal : kIgnored) std::signal(signal, SIG_IGN);
    int code = 0;
    if (read(failure[0], &code, sizeof code) == sizeof code) ended.start_error = code;
    while (waitpid(pid, &ended.status, 0) < 0 && errno == EINTR) {
    }
    g_child = 0;
  } else {
    complain(fmt::format("can't start a process: {}", std::strerror(errno)));
  }
  close(failure[0]);
  return ended;
}

int end_like(int status) {
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  // The program has left its core dump; ours would be one of the wrong process.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  return 128 + WTERMSIG(status);
}

}  // namespace dbgtrace::reader::cli
