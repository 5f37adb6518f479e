// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/run_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "reader/analysis/leaks.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/trace/load.hpp"

namespace dbgtrace::reader::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{2};
constexpr size_t kMaxFolders = 1000;

// "no leaks", "1 leak", "2 crashes"
std::string counted(uint64_t count, std::string_view what) {
  const char* ending = count == 1 ? "" : what.ends_with('h') ? "es" : "s";
  return fmt::format("{} {}{}", count == 0 ? "no" : std::to_string(count), what, ending);
}

// As a word of a shell, below the working directory without that.
std::string as_word(const std::string& path) {
  std::error_code error;
  const std::string folder = fs::current_path(error).string() + "/";
  std::string text = path;
  if (text.starts_with("./")) text.erase(0, 2);
  if (folder.size() > 1 && text.starts_with(folder)) text.erase(0, folder.size());
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/._-+:@%,=").find(char(c)) != std::string::npos;
  });
  if (plain && !text.starts_with('-')) return text;
  std::string quoted;
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + quoted + "'";
}

bool says_crashed(const FoundRecording& found) {
  return found.header.live.state == static_cast<uint32_t>(ring::State::kCrashed);
}

struct Judged {
  uint64_t leaks = 0;
  bool crashed = false;
};

Judged judge_recording(const FoundRecording& found) {
  const auto trace = trace::load(found.path);
  if (!trace) return {0, says_crashed(found)};
  return {analysis::find_leaks(*trace).growing(), has_crash(*trace)};
}

}  // namespace

std::vector<std::string> folders_of(const std::string& path_template) {
  std::vector<fs::path> folders = {"/"};
  for (const fs::path& part : fs::path(path_template).parent_path().relative_path()) {
    std::vector<fs::path> next;
    for (const fs::path& folder : folders) {
      std::string name;
      bool filled_in = false;
      for (size_t i = 0; i < part.string().size(); ++i) {
        const char c = part.string()[i];
        const bool twice = c == '%' && part.string().substr(i, 2) == "%%";
        filled_in |= c == '%' && !twice;
        if (twice) ++i;
        name += c;
      }
      if (!filled_in) {
        next.push_back(folder / name);
        continue;
      }
      std::error_code error;
      for (fs::directory_iterator at(folder, error), end; !error && at != end;
           at.increment(error)) {
        if (at->is_directory(error) && next.size() < kMaxFolders) next.push_back(at->path());
      }
    }
    folders = std::move(next);
  }
  std::vector<std::string> names;
  for (const fs::path& folder : folders) names.push_back(folder.string());
  return names;
}

RunFindings judge_run(uint64_t run_id, pid_t program, const std::string& path_template) {
  std::vector<std::string> places = usual_places();
  for (std::string& folder : folders_of(path_template)) places.push_back(std::move(folder));
  std::vector<FoundRecording> found = find_recordings(places);
  std::erase_if(found,
                [&](const FoundRecording& each) { return each.header.live.run_id != run_id; });
  // The program's own first, then what crashed, then the newest.
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const FoundRecording& each) {
      return each.header.pid == static_cast<uint32_t>(program) ? 0 : says_crashed(each) ? 1 : 2;
    };
    return rank(a) < rank(b);
  });
  RunFindings findings;
  findings.recordings = found.size();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  int best = -1;
  for (const FoundRecording& each : found) {
    const bool in_time = std::chrono::steady_clock::now() < end;
    const Judged judged = in_time ? judge_recording(each) : Judged{0, says_crashed(each)};
    findings.leaks += judged.leaks;
    findings.crashes += judged.crashed ? 1 : 0;
    findings.not_judged += in_time ? 0 : 1;
    const int worth = (judged.leaks > 0 ? 2 : 0) + (judged.crashed ? 1 : 0);
    if (worth <= best) continue;
    best = worth;
    findings.file = each.path;
    findings.file_leaks = judged.leaks > 0;
    findings.file_crashed = judged.crashed;
  }
  return findings;
}

std::string summary_line(const RunFindings& findings, bool knows_crash) {
  const bool killed = !findings.killed_by.empty();
  if (findings.recordings == 0 && killed) {
    return fmt::format(
        "NOT recorded, and the program was killed by {}: `dbgtrace doctor PROG` says what stands "
        "against a recording here",
        findings.killed_by);
  }
  if (findings.recordings == 0) return "recorded: nothing (no allocation was sampled, no crash)";
  const char* command = findings.file_leaks      ? "leaks"
                        : !findings.file_crashed ? "memory"
                        : knows_crash            ? "crash"
                                                 : "info";
  const std::string crashes = findings.crashes == 0 && killed ? "killed by " + findings.killed_by
                                                              : counted(findings.crashes, "crash");
  std::string line = fmt::format("recorded: {}, {}", counted(findings.leaks, "leak"), crashes);
  if (findings.recordings > 1) line += fmt::format(" in {} processes", findings.recordings);
  if (findings.not_judged > 0) {
    line += fmt::format(" ({} not searched for leaks)", findings.not_judged);
  }
  return fmt::format("{} -> dbgtrace {} {}", line, command, as_word(findings.file));
}

}  // namespace dbgtrace::reader::cli
