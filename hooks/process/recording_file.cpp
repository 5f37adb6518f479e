// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/recording_file.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "hooks/process/folder_cap.hpp"
#include "hooks/process/log.hpp"
#include "hooks/process/output_path.hpp"
#include "hooks/process/reservation.hpp"
#include "ring/checksum.hpp"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace dbgtrace::hooks::process {
namespace {

// Written as zeros under a brought-along filter, where nothing else is sure.
constexpr uint64_t kFilteredBytes = 2 << 20;
constexpr long kExists = -17, kNoSuchFile = -2, kNoMemory = -12;
constexpr uint32_t kMaxNames = 1000;
constexpr uint32_t kLookEvery = 16;
constexpr uint64_t kLookNs = 5'000'000, kFitNs = 50'000'000;

constinit char g_path[kMaxPath] = {};

uint64_t mix(uint64_t value) {  // SplitMix64's finaliser
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t choose_size(const Options& options, const Facts& facts, uint64_t private_bytes) {
  uint64_t size = options.size_bytes;
  size = size > private_bytes + ring::kMinFileBytes ? size - private_bytes : ring::kMinFileBytes;
  if (facts.address_space_limit_bytes != ~uint64_t{0})
    size = std::min(size, facts.address_space_limit_bytes / 16);
  if (facts.restricted()) size = std::min(size, kFilteredBytes);
  return std::min({size / 4096 * 4096, facts.file_size_limit_bytes, Reservation::kMaxBytes});
}

bool write_zeros(long fd, uint64_t size_bytes) {
  static constexpr char kZeros[16384] = {};
  while (size_bytes > 0) {
    const long done =
        os::raw_syscall(SYS_write, fd, os::as_argument(kZeros),
                        static_cast<long>(std::min<uint64_t>(sizeof(kZeros), size_bytes)));
    if (done == -4) continue;
    if (done <= 0) return false;
    size_bytes -= static_cast<uint64_t>(done);
  }
  return true;
}

// Gives the file its size and says how its blocks come: 0 on demand (populate), 1 all there,
// negative error.
long size_file(long fd, uint64_t size_bytes, const Facts& facts) {
  if (facts.restricted()) return write_zeros(fd, size_bytes) ? 1 : -28;
  const long sized = os::raw_syscall(SYS_ftruncate, fd, static_cast<long>(size_bytes));
  if (sized != 0) return sized;
  // An empty range tells whether the kernel knows the advice, without touching anything.
  alignas(4096) static char probe_page[4096];
  if (os::raw_syscall(SYS_madvise, os::as_argument(probe_page), 0, MADV_POPULATE_WRITE) == 0)
    return 0;
  const long reserved = os::raw_syscall(SYS_fallocate, fd, 0, 0, static_cast<long>(size_bytes));
  if (reserved == 0) return 1;
  return write_zeros(fd, size_bytes) ? 1 : reserved;
}

constexpr int kNewFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;

// A file without a name, so that nobody ever finds a recording without its header. Where the
// filesystem knows no such thing, and where a filter might not, the file has its name from the
// beginning.
long open_nameless(const os::Text& path) {
  static constinit char buffer[kMaxPath] = {};
  os::Text folder(buffer, sizeof(buffer));
  const std::string_view whole = path.view();
  folder.add(std::string_view(whole.data(), whole.rfind('/') + 1));
  return os::open_file(folder.c_str(), O_RDWR | O_TMPFILE, 0600);
}

// Not through a symbolic link: who could make one would choose where we write.
bool is_folder(const char* path) {
  struct stat status {};
  return os::path_status(path, status) == 0 && S_ISDIR(status.st_mode);
}

// Calls make(path) for the path and, while that name exists, for the numbered ones.
template <typename Make>
long with_free_name(os::Text& path, Make make) {
  static constinit char base[kMaxPath] = {};
  os::Text first(base, sizeof(base));
  first.add(path.view());
  long result = make(path.c_str());
  for (uint32_t number = 2; result == kExists && number < kMaxNames; ++number) {
    path.truncate(0);
    numbered_path(first.view(), number, path);
    result = make(path.c_str());
  }
  return result;
}

long open_named(os::Text& path) {
  return with_free_name(path,
                        [](const char* name) { return os::open_file(name, kNewFlags, 0600); });
}

long give_name(long fd, os::Text& path) {
  char buffer[32];
  os::Text source(buffer, sizeof(buffer));
  source.add("/proc/self/fd/").add_number(static_cast<uint64_t>(fd));
  return with_free_name(path, [&source](const char* name) {
    return os::raw_syscall(SYS_linkat, AT_FDCWD, os::as_argument(source.c_str()), AT_FDCWD,
                           os::as_argument(name), AT_SYMLINK_FOLLOW);
  });
}

void write_header(RecordingFile& file, const Options& options, const Facts& facts,
                  const Parent& parent) {
  auto& header = *reinterpret_cast<ring::Header*>(file.base);
  std::memcpy(header.magic, ring::kMagic, sizeof(header.magic));
  header.version = ring::kVersion;
  header.header_bytes = ring::kHeaderBytes;
  header.file_bytes = file.plan.file_bytes;
  header.salt = file.salt;
  header.start_unix_ns = os::unix_ns();
  header.start_monotonic_ns = file.start_ns;
  header.process_start_ticks = facts.start_ticks;
  header.pid_namespace = facts.pid_namespace;
  std::memcpy(header.boot_id, facts.boot_id, sizeof(header.boot_id));
  header.pid = facts.pid;
  header.parent_pid = parent.pid;
  header.parent_salt = parent.salt;
  header.parent_sequence = parent.sequence;
  header.base_interval_bytes = options.sample_bytes;
  header.start_cycles = os::cycles();
#if defined(__x86_64__)
  header.arch = static_cast<uint32_t>(ring::Arch::kX86_64);
#else
  header.arch = static_cast<uint32_t>(ring::Arch::kAarch64);
#endif
  header.page_bytes = 4096;
  header.uid = facts.uid;
  std::memcpy(header.sections, file.plan.sections, sizeof(header.sections));
  std::memcpy(header.exe, facts.exe, sizeof(header.exe));
  std::memcpy(header.cmdline, facts.cmdline, sizeof(header.cmdline));
  std::memcpy(header.host, facts.host, sizeof(header.host));
  header.live.interval_bytes = options.sample_bytes;
  header.live.exact_until_us = options.every_allocation() ? ~uint64_t{0} : 0;
  header.live.totals_until_us = header.live.exact_until_us;
  header.live.run_id = options.run_id;
  header.live.state = static_cast<uint32_t>(ring::State::kRunning);
  if (parent.pid != 0) header.live.flags |= ring::kFlagForked;
  if (!facts.restricted()) header.live.flags |= ring::kFlagUncounted;
  header.static_checksum = ring::crc32c(&header, ring::kStaticHeaderBytes);
}

// Sizes, maps and heads the new file; 0 or the kernel's error.
long fill(RecordingFile& file, long fd, const Options& options, const Facts& facts,
          const Parent& parent, uint64_t size_bytes) {
  file.plan = ring::make_plan(size_bytes, options.every_allocation());
  if (!facts.restricted()) os::raw_syscall(SYS_fchmod, fd, 0600);  // whatever the umask says
  const long how = size_file(fd, file.plan.file_bytes, facts);
  struct stat status {};
  if (how < 0) return how;
  if (const long error = os::file_status(fd, status); error != 0) return error;
  void* base = os::map_guarded(file.plan.file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  if (base == nullptr) return kNoMemory;
  file.base = static_cast<std::byte*>(base);
  // Without it the kernel reads ahead around each page that is new: megabytes of nothing, zeroed
  // one by one. Measured on ext4: 10 ms for the first page, 0.02 ms with it.
  if (!facts.restricted()) {
    os::raw_syscall(SYS_madvise, os::as_argument(base), static_cast<long>(file.plan.file_bytes),
                    MADV_RANDOM);
  }
  if (how == 0) {
    const long error = os::raw_syscall(SYS_madvise, os::as_argument(base), ring::kHeaderBytes,
                                       MADV_POPULATE_WRITE);
    if (error != 0) return error;
  }
  file.all_reserved = how == 1;
  file.inode = status.st_ino;
  file.device = status.st_dev;
  file.start_ns = os::monotonic_ns();
  file.salt = mix(file.start_ns ^ mix(os::unix_ns()) ^ uint64_t{facts.pid} << 32 ^ os::cycles());
  write_header(file, options, facts, parent);
  return 0;
}

// One attempt; leaves nothing behind if it fails.
long create(RecordingFile& file, bool nameless, const Options& options, const Facts& facts,
            const Parent& parent, uint64_t size_bytes, os::Text& path) {
  long opened = nameless ? open_nameless(path) : open_named(path);
  if (opened == kNoSuchFile && !facts.restricted()) {
    const long made = make_folders(path);
    opened = nameless ? open_nameless(path) : open_named(path);
    // The reason is in the way there.
    if (opened == kNoSuchFile && made != 0) opened = made;
  }
  const os::Descriptor fd(opened);
  if (!fd.ok()) return opened;
  long error = fill(file, opened, options, facts, parent, size_bytes);
  if (error == 0 && nameless) error = give_name(opened, path);
  if (error == 0) return 0;
  if (file.base != nullptr) os::unmap_guarded(file.base, file.plan.file_bytes);
  if (!nameless && !facts.restricted())
    os::raw_syscall(SYS_unlinkat, AT_FDCWD, os::as_argument(path.c_str()), 0);
  file.base = nullptr;
  return error;
}

}  // namespace

const char* recording_path() { return g_path; }

RecordingFile create_recording(const Options& options, const Facts& facts,
                               const char* working_directory, const Parent& parent,
                               uint64_t private_bytes) {
  RecordingFile file;
  os::Text path(g_path, sizeof(g_path));
  const PathFacts path_facts{facts.name(),      facts.host,
                             working_directory, os::unix_ns() / 1'000'000'000,
                             facts.pid,         facts.euid};
  const bool fits =
      expand_path(options.out, path_facts, path) &&
      (facts.restricted() || !is_folder(path.c_str()) || add_default_name(path_facts, path));
  if (!fits) {
    log_line("the path of the recording is too long", options.out);
    return file;
  }
  const uint64_t size = choose_size(options, facts, private_bytes);
  if (size < ring::kMinFileBytes) {
    log_line("a limit leaves less than 1 MiB for the recording, nothing is recorded", path.view());
    return file;
  }
  // Files that never come to be counted are small, and there may be many: one process in some
  // looks.
  FolderCap cap(facts);
  if (!facts.restricted() && facts.pid % kLookEvery == 0 &&
      FolderCap::is_over(path.c_str(), options.total_bytes, os::monotonic_ns() + kLookNs) &&
      cap.make_room(path.c_str(), 0, options.total_bytes) == Room::kNone) {
    log_line("DBGTRACE_TOTAL leaves no room in the folder, nothing is recorded", path.view());
    return file;
  }
  long error =
      facts.restricted() ? kNoSuchFile : create(file, true, options, facts, parent, size, path);
  if (error != 0) error = create(file, false, options, facts, parent, size, path);
  if (error != 0) {
    log_line("cannot create the recording, or no space or memory for it", path.view(), error);
    file.base = nullptr;
  }
  return file;
}

bool count_recording(const RecordingFile& file, const Options& options, const Facts& facts) {
  struct stat status {};
  const bool there = os::path_status(g_path, status) == 0 && status.st_ino == file.inode;
  const uint64_t own_bytes = there ? static_cast<uint64_t>(status.st_blocks) * 512 : 0;
  const uint64_t more_bytes = file.plan.file_bytes - std::min(own_bytes, file.plan.file_bytes);
  FolderCap cap(facts);
  if (there && options.keep_count != 0) cap.keep_newest(g_path, options.keep_count);
  if (there && cap.make_room(g_path, more_bytes, options.total_bytes) != Room::kMade) return false;
  auto& live = reinterpret_cast<ring::Header*>(file.base)->live;
  std::atomic_ref<uint32_t>(live.flags).fetch_and(~uint32_t{ring::kFlagUncounted});
  return true;
}

void fit_crashed_recording(const RecordingFile& file, const Facts& facts, uint64_t total_bytes) {
  const uint64_t deadline_ns = os::monotonic_ns() + kFitNs;
  if (!FolderCap::is_over(g_path, total_bytes, deadline_ns)) return;
  FolderCap cap(facts);
  if (cap.make_room(g_path, 0, total_bytes, deadline_ns) == Room::kNone) remove_recording(file);
}

bool reserve_whole_file(const RecordingFile& file) {
  os::Descriptor fd(os::open_file(g_path, O_RDWR | O_NOFOLLOW));
  struct stat status {};
  if (!fd.ok() || os::file_status(fd.get(), status) != 0) return false;
  if (status.st_ino != file.inode || status.st_dev != file.device) return false;
  return os::raw_syscall(SYS_fallocate, fd.get(), 0, 0, static_cast<long>(file.plan.file_bytes)) ==
         0;
}

void remove_recording(const RecordingFile& file) {
  struct stat status {};
  if (os::path_status(g_path, status) != 0 || status.st_ino != file.inode ||
      status.st_dev != file.device)
    return;
  os::raw_syscall(SYS_unlinkat, AT_FDCWD, os::as_argument(g_path), 0);
}

}  // namespace dbgtrace::hooks::process
