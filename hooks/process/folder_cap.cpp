// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/folder_cap.hpp"

#include <sys/file.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "hooks/os/text.hpp"
#include "hooks/process/neighbours.hpp"
#include "hooks/process/output_path.hpp"

namespace dbgtrace::hooks::process {
namespace {

// A recording that may be removed.
struct Candidate {
  char name[kMaxName] = {};
  uint64_t bytes = 0;
  int64_t age_key = 0;  // the smallest is the oldest
  uint64_t newer = 0;   // recordings of the same program
};

// The oldest ones of a survey, so that a folder of many small files takes few surveys.
struct Oldest {
  static constexpr uint32_t kMost = 64;
  Candidate entries[kMost];
  uint32_t count = 0;

  void offer(std::string_view name, uint64_t bytes, int64_t age_key) {
    if (count == kMost && age_key >= entries[count - 1].age_key) return;
    uint32_t at = count < kMost ? count++ : count - 1;
    for (; at > 0 && entries[at - 1].age_key > age_key; --at) entries[at] = entries[at - 1];
    std::memcpy(entries[at].name, name.data(), name.size() + 1);
    entries[at].bytes = bytes;
    entries[at].age_key = age_key;
    entries[at].newer = 0;
  }
};

uint64_t blocks_of(const struct stat& status) {
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

// Sums what the folder's recordings take and finds the oldest removable ones.
uint64_t survey(long folder, const Facts& here, Oldest& oldest, uint64_t deadline_ns) {
  uint64_t total = 0;
  oldest.count = 0;
  visit_recordings(folder, [&](std::string_view name, const struct stat& status) {
    const Neighbour recording = inspect(folder, name.data(), here);
    const uint64_t blocks = blocks_of(status);
    const uint64_t bytes =
        recording.grows ? std::max(static_cast<uint64_t>(status.st_size), blocks) : blocks;
    total += bytes;
    const int64_t age_key = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    if (recording.removable) oldest.offer(name, bytes, age_key);
    return deadline_ns == ~uint64_t{0} || os::monotonic_ns() < deadline_ns;
  });
  return total;
}

// Finds the oldest removable recordings of the program, and how many newer ones each has.
void survey_program(long folder, const Facts& here, Oldest& oldest) {
  oldest.count = 0;
  visit_recordings(folder, [&](std::string_view name, const struct stat&) {
    const Neighbour recording = inspect(folder, name.data(), here);
    if (recording.same_program && recording.removable)
      oldest.offer(name, 0, static_cast<int64_t>(recording.start_unix_ns));
    return true;
  });
  if (oldest.count == 0) return;
  visit_recordings(folder, [&](std::string_view name, const struct stat&) {
    const Neighbour recording = inspect(folder, name.data(), here);
    if (!recording.same_program) return true;
    const auto age_key = static_cast<int64_t>(recording.start_unix_ns);
    for (uint32_t i = 0; i < oldest.count; ++i)
      oldest.entries[i].newer += age_key > oldest.entries[i].age_key ? 1 : 0;
    return true;
  });
}

long open_folder_of(const char* path) {
  static constinit char buffer[kMaxPath] = {};
  os::Text folder(buffer, sizeof(buffer));
  const std::string_view whole(path);
  folder.add(std::string_view(whole.data(), whole.rfind('/') + 1));
  return os::open_file(folder.c_str(), O_RDONLY | O_DIRECTORY);
}

constinit Oldest g_oldest = {};

}  // namespace

FolderCap::~FolderCap() {
  if (folder_ >= 0) os::raw_syscall(SYS_close, folder_);
}

bool FolderCap::lock(const char* path) {
  if (folder_ < 0) folder_ = open_folder_of(path);
  constexpr int kLockTries = 20;
  for (int i = 0; folder_ >= 0 && i < kLockTries; ++i) {
    if (os::raw_syscall(SYS_flock, folder_, LOCK_EX | LOCK_NB) == 0) return true;
    const timespec pause{0, 1'000'000};
    os::raw_syscall(SYS_nanosleep, os::as_argument(&pause), 0);
  }
  return folder_ < 0;  // creating the file will say what is wrong
}

Room FolderCap::make_room(const char* path, uint64_t new_bytes, uint64_t total_bytes,
                          uint64_t deadline_ns) {
  if (!lock(path)) return Room::kBusy;
  if (folder_ < 0) return Room::kMade;
  constexpr int kSurveys = 8;
  for (int i = 0; i < kSurveys; ++i) {
    uint64_t bytes = survey(folder_, here_, g_oldest, deadline_ns) + new_bytes;
    if (os::monotonic_ns() >= deadline_ns) return Room::kBusy;
    for (uint32_t k = 0; k < g_oldest.count && bytes > total_bytes; ++k) {
      const Candidate& next = g_oldest.entries[k];
      if (!remove(next.name)) return Room::kNone;
      bytes -= std::min(bytes, next.bytes);
    }
    if (bytes <= total_bytes) return Room::kMade;
    if (g_oldest.count < Oldest::kMost) return Room::kNone;
  }
  return Room::kNone;
}

void FolderCap::keep_newest(const char* path, uint64_t count) {
  if (!lock(path) || folder_ < 0) return;
  constexpr int kSurveys = 8;
  for (int i = 0; i < kSurveys; ++i) {
    survey_program(folder_, here_, g_oldest);
    bool all_removed = g_oldest.count == Oldest::kMost;
    for (uint32_t k = 0; k < g_oldest.count; ++k) {
      const Candidate& next = g_oldest.entries[k];
      if (next.newer < count || !remove(next.name)) all_removed = false;
    }
    if (!all_removed) return;
  }
}

bool FolderCap::remove(const char* name) const {
  return os::raw_syscall(SYS_unlinkat, folder_, os::as_argument(name), 0) == 0;
}

bool FolderCap::is_over(const char* path, uint64_t total_bytes, uint64_t deadline_ns) {
  const os::Descriptor folder(open_folder_of(path));
  uint64_t bytes = 0;
  if (!folder.ok()) return false;
  visit_recordings(folder.get(), [&](std::string_view, const struct stat& status) {
    bytes += blocks_of(status);
    return bytes <= total_bytes && os::monotonic_ns() < deadline_ns;
  });
  return bytes > total_bytes;
}

}  // namespace dbgtrace::hooks::process
