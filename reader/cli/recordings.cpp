// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/recordings.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>

#include "reader/trace/file_image.hpp"
#include "ring/header_view.hpp"

namespace dbgtrace::reader::cli {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<FoundRecording> recording_at(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  FoundRecording found;
  const auto head = trace::FileImage::read(path, ring::kHeaderBytes);
  if (!head || ring::read_header(head->bytes(), found.header).problem != nullptr)
    return std::nullopt;
  found.path = path;
  found.file_bytes = static_cast<uint64_t>(file.st_size);
  found.disk_bytes = static_cast<uint64_t>(file.st_blocks) * 512;
  return found;
}

std::vector<std::string> usual_places() {
  std::vector<std::string> places = {"."};
  const std::string out = variable("DBGTRACE_OUT");
  // The folder of a template is known only if nothing in it is to be filled in.
  std::error_code error;
  const std::string folder =
      fs::is_directory(out, error) ? out : fs::path(out).parent_path().string();
  if (!folder.empty() && folder.find('%') == std::string::npos) places.push_back(folder);
  const std::string state = variable("XDG_STATE_HOME"), home = variable("HOME");
  if (!state.empty()) places.push_back(state + "/dbgtrace");
  if (!home.empty()) places.push_back(home + "/.local/state/dbgtrace");
  places.push_back(fmt::format("/var/tmp/dbgtrace-{}", getuid()));
  places.push_back("/dev/shm");
  return places;
}

std::string default_folder() {
  const std::string state = variable("XDG_STATE_HOME"), home = variable("HOME");
  if (state.starts_with('/')) return state + "/dbgtrace";
  if (home.starts_with('/') && home != "/") return home + "/.local/state/dbgtrace";
  return fmt::format("/var/tmp/dbgtrace-{}", getuid());
}

std::string places_text() { return fmt::format("{}", fmt::join(usual_places(), ", ")); }

std::vector<FoundRecording> find_recordings(const std::vector<std::string>& folders) {
  std::vector<FoundRecording> all;
  std::set<std::string> seen;  // one folder may be several of the places
  for (const std::string& folder : folders.empty() ? usual_places() : folders) {
    std::error_code error;
    const std::string real = fs::weakly_canonical(folder, error).string();
    if (error || !seen.insert(real).second) continue;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() != ".dbgt") continue;
      if (auto found = recording_at(at->path().string())) all.push_back(std::move(*found));
    }
  }
  std::sort(all.begin(), all.end(), [](const FoundRecording& a, const FoundRecording& b) {
    if (a.header.start_unix_ns != b.header.start_unix_ns) {
      return a.header.start_unix_ns > b.header.start_unix_ns;
    }
    return a.path < b.path;
  });
  return all;
}

}  // namespace dbgtrace::reader::cli
