// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/neighbours.hpp"

#include <cstddef>
#include <cstring>

#include "hooks/os/clock.hpp"
#include "hooks/os/text.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr long kNoSuchProcess = -3;
constexpr uint64_t kIdleNs = 86'400'000'000'000;

// What a header says of its process; the rest of it is not read.
struct Words {
  char magic[8];
  ring::State state;
  uint32_t pid, flags;
  uint64_t start_ticks, pid_namespace, start_unix_ns, last_us;
  uint8_t boot_id[16];
  char exe[sizeof(ring::Header::exe)];
  char host[sizeof(ring::Header::host)];
};

template <typename Word>
bool read_word(long file, Word& word, size_t offset) {
  return os::raw_syscall(SYS_pread64, file, os::as_argument(&word), sizeof(word),
                         static_cast<long>(offset)) == static_cast<long>(sizeof(word));
}

bool read_words(long file, Words& words) {
  constexpr size_t kLive = offsetof(ring::Header, live);
  const bool read =
      read_word(file, words.magic, 0) &&
      std::memcmp(words.magic, ring::kMagic, sizeof(words.magic)) == 0 &&
      read_word(file, words.pid, offsetof(ring::Header, pid)) &&
      read_word(file, words.start_ticks, offsetof(ring::Header, process_start_ticks)) &&
      read_word(file, words.pid_namespace, offsetof(ring::Header, pid_namespace)) &&
      read_word(file, words.start_unix_ns, offsetof(ring::Header, start_unix_ns)) &&
      read_word(file, words.boot_id, offsetof(ring::Header, boot_id)) &&
      read_word(file, words.exe, offsetof(ring::Header, exe)) &&
      read_word(file, words.host, offsetof(ring::Header, host)) &&
      read_word(file, words.state, kLive + offsetof(ring::LiveHeader, state)) &&
      read_word(file, words.flags, kLive + offsetof(ring::LiveHeader, flags)) &&
      read_word(file, words.last_us, kLive + offsetof(ring::LiveHeader, last_us));
  words.exe[sizeof(words.exe) - 1] = words.host[sizeof(words.host) - 1] = '\0';
  return read;
}

bool is_process_there(const Words& words, const Facts& here) {
  if (words.pid == 0) return false;
  if (os::raw_syscall(SYS_kill, static_cast<long>(words.pid), 0) == kNoSuchProcess) return false;
  // It may be another one by now.
  const uint64_t ticks = here.own_proc ? start_ticks_of(words.pid) : 0;
  return ticks == 0 || words.start_ticks == 0 || ticks == words.start_ticks;
}

bool still_runs(const Words& words, const Facts& here) {
  const bool same_boot = std::memcmp(words.boot_id, here.boot_id, sizeof(here.boot_id)) == 0;
  if (same_boot && words.pid_namespace == here.pid_namespace) return is_process_there(words, here);
  if (!same_boot && std::strcmp(words.host, here.host) == 0) return false;  // before a restart
  const uint64_t idle_since_ns = words.start_unix_ns + words.last_us * 1000;
  return os::unix_ns() < idle_since_ns + kIdleNs;
}

std::string_view last_part(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path;
}

}  // namespace

Neighbour inspect(long folder, const char* name, const Facts& here) {
  static constinit Words words = {};
  const os::Descriptor file(os::raw_syscall(SYS_openat, folder, os::as_argument(name),
                                            O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.ok() || !read_words(file.get(), words)) return {};
  Neighbour result{};
  result.same_program = last_part(words.exe) == here.name();
  result.start_unix_ns = words.start_unix_ns;
  // A process that was killed says for ever that it runs.
  const bool runs = words.state == ring::State::kRunning && still_runs(words, here);
  result.grows = runs && (words.flags & ring::kFlagUncounted) == 0;
  result.removable = !runs && words.state != ring::State::kCrashed;
  return result;
}

}  // namespace dbgtrace::hooks::process
