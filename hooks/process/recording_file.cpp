// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/recording_file.hpp"

#include <algorithm>
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

constexpr uint64_t kFilteredBytes = 2 << 20;  // written as zeros under a brought-along filter, where nothing else is sure
constexpr long kExists = -17;
constexpr uint32_t kMaxNames = 1000;

constinit char g_path[kMaxPath] = {};

uint64_t mix(uint64_t value) {  // SplitMix64's finaliser
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// Restricted: a filter came along from before exec and we are in no container, so an unusual call may be deadly.
bool restricted(const Facts& facts) { return facts.seccomp_filtered && !facts.container; }

uint64_t choose_size(const Options& options, const Facts& facts, uint64_t private_bytes) {
  uint64_t size = options.size_bytes;
  size = size > private_bytes + ring::kMinFileBytes ? size - private_bytes : ring::kMinFileBytes;
  if (facts.address_space_limit_bytes != ~uint64_t{0}) size = std::min(size, facts.address_space_limit_bytes / 16);
  if (restricted(facts)) size = std::min(size, kFilteredBytes);
  return std::min({size / 4096 * 4096, facts.file_size_limit_bytes, Reservation::kMaxBytes});
}

bool write_zeros(long fd, uint64_t size_bytes) {
  static constexpr char kZeros[16384] = {};
  while (size_bytes > 0) {
    const long done = os::raw_syscall(SYS_write, fd, os::as_argument(kZeros),
                                      static_cast<long>(std::min<uint64_t>(sizeof(kZeros), size_bytes)));
    if (done == -4) continue;
    if (done <= 0) return false;
    size_bytes -= static_cast<uint64_t>(done);
  }
  return true;
}

// Gives the file its size and says how its blocks come: 0 on demand (populate), 1 all there, negative error.
long size_file(long fd, uint64_t size_bytes, const Facts& facts) {
  if (restricted(facts)) return write_zeros(fd, size_bytes) ? 1 : -28;
  const long sized = os::raw_syscall(SYS_ftruncate, fd, static_cast<long>(size_bytes));
  if (sized != 0) return sized;
  // An empty range tells whether the kernel knows the advice, without touching anything.
  alignas(4096) static char probe_page[4096];
  if (os::raw_syscall(SYS_madvise, os::as_argument(probe_page), 0, MADV_POPULATE_WRITE) == 0) return 0;
  const long reserved = os::raw_syscall(SYS_fallocate, fd, 0, 0, static_cast<long>(size_bytes));
  if (reserved == 0) return 1;
  return write_zeros(fd, size_bytes) ? 1 : reserved;
}

long open_new(os::Text& path, const Facts& facts) {
  static constinit char base[kMaxPath] = {};
  os::Text first(base, sizeof(base));
  first.add(path.view());
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
  long fd = os::open_file(path.c_str(), kFlags, 0600);
  if (fd == -2 && !restricted(facts)) {
    make_folders(path);
    fd = os::open_file(path.c_str(), kFlags, 0600);
  }
  for (uint32_t number = 2; fd == kExists && number < kMaxNames; ++number) {
    path.truncate(0);
    numbered_path(first.view(), number, path);
    fd = os::open_file(path.c_str(), kFlags, 0600);
  }
  return fd;
}

void write_header(RecordingFile& file, const Options& options, const Facts& facts, const Parent& parent) {
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
  header.live.exact_until_us = options.sample_bytes == 1 ? ~uint64_t{0} : 0;
  header.live.state = static_cast<uint32_t>(ring::State::kRunning);
  if (parent.pid != 0) header.live.flags |= ring::kFlagForked;
  header.static_checksum = ring::crc32c(&header, ring::kStaticHeaderBytes);
}

}  // namespace

const char* recording_path() { return g_path; }

RecordingFile create_recording(const Options& options, const Facts& facts, const char* working_directory, const Parent& parent, uint64_t private_bytes) {
  RecordingFile file;
  os::Text path(g_path, sizeof(g_path));
  const PathFacts path_facts{facts.name(), facts.host, working_directory, os::unix_ns() / 1'000'000'000, facts.pid, facts.euid};
  if (!expand_path(options.out, path_facts, path)) {
    log_line("the path of the recording is too long", options.out);
    return file;
  }
  const uint64_t size = choose_size(options, facts, private_bytes);
  if (size < ring::kMinFileBytes) {
    log_line("a limit leaves less than 1 MiB for the recording, nothing is recorded", path.view());
    return file;
  }
  FolderCap cap;
  if (!restricted(facts) && !cap.make_room(path.c_str(), size, options.total_bytes)) {
    log_line("DBGTRACE_TOTAL leaves no room in the folder, nothing is recorded", path.view());
    return file;
  }
  os::Descriptor fd(open_new(path, facts));
  if (!fd.ok()) {
    log_line("cannot create the recording", path.view(), fd.get());
    return file;
  }
  file.plan = ring::make_plan(size, options.sample_bytes == 1);
  long how = size_file(fd.get(), file.plan.file_bytes, facts);
  struct stat status {};
  void* base = nullptr;
  if (how >= 0 && os::file_status(fd.get(), status) == 0) {
    base = os::map_memory(nullptr, file.plan.file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get());
    if (base != nullptr && how == 0 &&
        os::raw_syscall(SYS_madvise, os::as_argument(base), ring::kHeaderBytes, MADV_POPULATE_WRITE) != 0) {
      os::raw_syscall(SYS_munmap, os::as_argument(base), static_cast<long>(file.plan.file_bytes));
      base = nullptr;
      how = -28;
    }
  }
  if (base == nullptr) {
    if (!restricted(facts)) os::raw_syscall(SYS_unlinkat, AT_FDCWD, os::as_argument(path.c_str()), 0);
    log_line("no space or memory for the recording", path.view(), how < 0 ? how : 0);
    return file;
  }
  file.base = static_cast<std::byte*>(base);
  file.all_reserved = how == 1;
  file.inode = status.st_ino;
  file.device = status.st_dev;
  file.start_ns = os::monotonic_ns();
  file.salt = mix(file.start_ns ^ mix(os::unix_ns()) ^ uint64_t{facts.pid} << 32 ^ os::cycles());
  write_header(file, options, facts, parent);
  return file;
}

bool reserve_whole_file(const RecordingFile& file) {
  os::Descriptor fd(os::open_file(g_path, O_RDWR | O_NOFOLLOW));
  struct stat status {};
  if (!fd.ok() || os::file_status(fd.get(), status) != 0) return false;
  if (status.st_ino != file.inode || status.st_dev != file.device) return false;
  return os::raw_syscall(SYS_fallocate, fd.get(), 0, 0, static_cast<long>(file.plan.file_bytes)) == 0;
}

void remove_recording(const RecordingFile& file) {
  struct stat status {};
  if (os::path_status(g_path, status) != 0 || status.st_ino != file.inode || status.st_dev != file.device) return;
  os::raw_syscall(SYS_unlinkat, AT_FDCWD, os::as_argument(g_path), 0);
}

}  // namespace dbgtrace::hooks::process
