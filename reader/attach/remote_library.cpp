// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/remote_library.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace dbgtrace::reader::attach {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kStackBytes = 512 << 10;
constexpr uint64_t kTextBytes = 4096;  // paths and small structures
constexpr uint64_t kCallAt = kTextBytes;
constexpr uint64_t kScratchBytes =
    kStackBytes + kTextBytes + sizeof(ring::AttachCall) / 4096 * 4096 + 4096;
constexpr auto kLongestCall = std::chrono::seconds(20);
constexpr uint64_t kDlopenFromInside = 0x80000000;  // __RTLD_DLOPEN
constexpr uint64_t kNow = 2;                        // RTLD_NOW; RTLD_LOCAL is 0

// A place where nothing lies, with as much room on both sides, so that no stack or heap grows into
// it.
uint64_t free_place(const std::vector<Mapping>& mappings, uint64_t size_bytes) {
  for (size_t i = mappings.size(); i-- > 1;) {
    const uint64_t low = mappings[i - 1].end, high = mappings[i].start;
    if (high > (uint64_t{1} << 47) || high - low < 64 * size_bytes) continue;
    return (low + (high - low) / 2) & ~uint64_t{4095};
  }
  return 0;
}

// A signal that a process ignores unless it asks for it, and this one has not.
int signal_for_done(pid_t pid) {
  const std::string caught = status_field(pid, "SigCgt");
  const uint64_t mask = std::strtoull(caught.c_str(), nullptr, 16);
  for (const int signal : {SIGURG, SIGWINCH}) {
    if ((mask >> (signal - 1) & 1) == 0) return signal;
  }
  return 0;
}

}  // namespace

RemoteLibrary::~RemoteLibrary() {
  if (errno_address_ != 0) memory_.store(errno_address_, errno_before_);
}

void RemoteLibrary::drop_scratch() {
  if (scratch_ != 0) call_function(code_.unmap.address, {scratch_, kScratchBytes}, false);
  scratch_ = 0;
}

void RemoteLibrary::remember_errno() {
  ThreadRegisters registers;
  if (code_.errno_offset == 0 || !borrowed_.thread.registers(registers)) return;
  errno_address_ = registers.thread_pointer() + static_cast<uint64_t>(code_.errno_offset);
  const auto before = memory_.load<int>(errno_address_);
  if (!before) errno_address_ = 0;
  errno_before_ = before.value_or(0);
}

bool RemoteLibrary::call_function(uint64_t function, std::array<uint64_t, 6> arguments,
                                  bool on_scratch) {
  TracedThread::Call call{};
  call.function = function;
  call.arguments = arguments;
  call.stack_top = on_scratch ? scratch_ + kScratchBytes : borrowed_.stack_top;
  call.restorer = code_.restorer;
  return borrowed_.thread.call(memory_, call, Clock::now() + kLongestCall).has_value();
}

Obstacle RemoteLibrary::make_scratch() {
  remember_errno();
  if (scratch_ != 0) return {};
  constexpr uint64_t kNoReplace = 0x100000;
  const uint64_t place = free_place(read_mappings(pid_), kScratchBytes);
  call_function(code_.map.address,
                {place, kScratchBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | kNoReplace, static_cast<uint64_t>(-1), 0},
                false);
  // Elsewhere, or another thread was faster: neither is likely.
  const std::vector<Mapping> mappings = read_mappings(pid_);
  const Mapping* made = place == 0 ? nullptr : mapping_at(mappings, place);
  if (made == nullptr || made->start != place || made->end != place + kScratchBytes ||
      !made->path.empty())
    return {fmt::format("no memory could be made in {} (a limit, or a filter)", pid_), ""};
  scratch_ = place;
  return {};
}

// Where the process sees the same file; empty: it does not.
std::string RemoteLibrary::visible_path(const std::string& library, Obstacle&) {
  struct stat ours {
  }, its{};
  const std::string there = fmt::format("/proc/{}/root{}", pid_, library);
  if (stat(library.c_str(), &ours) != 0 || stat(there.c_str(), &its) != 0) return "";
  return ours.st_dev == its.st_dev && ours.st_ino == its.st_ino ? library : "";
}

// A file without a name, in the process's memory: for one that lives in another mount namespace.
std::string RemoteLibrary::copy_in(const std::string& library, Obstacle& obstacle) {
  const Obstacle no_copy{
      fmt::format("{} does not see {} (a container), and refuses a copy of it in memory", pid_,
                  library),
      "mount the library into the container and use DBGTRACE_LIB"};
  const char name[] = "libdbgtrace.so";
  const auto libc = RemoteModule::at(memory_, base_of(read_mappings(pid_), code_.libc_path));
  const auto system_call = libc ? libc->find("syscall") : std::nullopt;
  memory_.write(scratch_, std::as_bytes(std::span(name)));
  constexpr uint64_t kCloseOnExec = 1;
  if (!system_call ||
      !call_function(system_call->address, {SYS_memfd_create, scratch_, kCloseOnExec}, true))
    return obstacle = no_copy, "";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid_), error)) {
    if (fs::read_symlink(entry.path(), error).string() != "/memfd:libdbgtrace.so (deleted)")
      continue;
    copied_fd_ = std::stoi(entry.path().filename().string());
    std::ifstream from(library, std::ios::binary);
    std::ofstream to(entry.path(), std::ios::binary);
    if (to << from.rdbuf() && to.flush()) return fmt::format("/proc/self/fd/{}", copied_fd_);
  }
  return obstacle = no_copy, "";
}

std::string RemoteLibrary::last_error() {
  if (code_.error_text.address == 0) return "";
  TracedThread::Call call{};
  call.function = code_.error_text.address;
  call.stack_top = scratch_ + kScratchBytes;
  call.finish = Finish::kFault;
  const auto text = borrowed_.thread.call(memory_, call, Clock::now() + kLongestCall);
  return text && *text != 0 ? memory_.read_text(*text, 1024) : "";
}

Obstacle RemoteLibrary::load(const std::string& library) {
  Obstacle obstacle;
  std::string path = visible_path(library, obstacle);
  if (path.empty()) path = copy_in(library, obstacle);
  if (obstacle) return obstacle;
  if (path.size() >= kTextBytes) return {"the path of the library is too long", ""};
  memory_.write(scratch_, std::as_bytes(std::span(path.c_str(), path.size() + 1)));
  const bool is_public = code_.open.address != 0;
  call_function(is_public ? code_.open.address : code_.open_internal.address,
                {scratch_, is_public ? kNow : kNow | kDlopenFromInside}, true);
  find_recorder(read_mappings(pid_), memory_, code_);
  std::string reason = code_.answer == 0 && is_public ? last_error() : "";
  if (copied_fd_ >= 0) {
    const auto libc = RemoteModule::at(memory_, base_of(read_mappings(pid_), code_.libc_path));
    if (const auto close_it = libc->find("close"))
      call_function(close_it->address, {static_cast<uint64_t>(copied_fd_)}, true);
  }
  if (code_.answer != 0) return {};
  if (reason.find("static TLS") != std::string::npos) {
    return {fmt::format("{} has no room left for the library's thread-local storage", pid_),
            "start it with `dbgtrace run`, or with a larger "
            "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=2048"};
  }
  return {fmt::format("the loader of {} refuses the library{}", pid_,
                      reason.empty() ? "" : ": " + reason),
          "start it with `dbgtrace run`"};
}

Obstacle RemoteLibrary::call(ring::AttachCall& call) {
  call.magic = ring::kAttachMagic;
  call.version = ring::kAttachVersion;
  call.result = ring::AttachResult::kNoAnswer;
  call.done_signal = static_cast<uint32_t>(signal_for_done(pid_));
  const uint64_t place = scratch_ + kCallAt;
  if (!memory_.store(place, call))
    return {fmt::format("the memory of {} can't be written", pid_), ""};
  TracedThread::Call function{};
  function.function = code_.answer;
  function.arguments = {place};
  function.stack_top = scratch_ + kScratchBytes;
  function.restorer = code_.restorer;
  function.done_signal = static_cast<int>(call.done_signal);
  function.finish = function.done_signal != 0 ? Finish::kSignal : Finish::kReturn;
  const bool returned =
      borrowed_.thread.call(memory_, function, Clock::now() + kLongestCall).has_value();
  const auto answer = memory_.load<ring::AttachCall>(place);
  if (!returned || !answer || answer->result == ring::AttachResult::kNoAnswer)
    return {fmt::format("the recorder in {} does not answer", pid_), ""};
  call = *answer;
  call.path[sizeof(call.path) - 1] = '\0';
  call.message[sizeof(call.message) - 1] = '\0';
  return {};
}

uint64_t take_stack_of(TracedThread& thread, const ProcessMemory& memory, const TargetCode& code,
                       int64_t offset) {
  ThreadRegisters registers;
  if (!thread.registers(registers) || registers.thread_pointer() == 0 ||
      code.change_stack.address == 0)
    return 0;
  const uint64_t place = registers.thread_pointer() + static_cast<uint64_t>(offset);
  const auto stack = memory.load<uint64_t>(place);
  constexpr uint64_t kForeign = 1, kAlternateStackBytes = 64 << 10;
  if (!stack || *stack <= kForeign) {
    memory.store(place, uint64_t{0});
    return 0;
  }
  // It stays where the thread runs on it.
  if (registers.sp() - *stack < kAlternateStackBytes) return 0;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  const uint64_t argument =
      (registers.sp() - TracedThread::kRedZoneBytes - sizeof(none)) & ~uint64_t{15};
  if (!memory.store(argument, none)) return 0;
  TracedThread::Call call{};
  call.function = code.change_stack.address;
  call.arguments = {argument, 0};
  call.stack_top = argument;
  call.restorer = code.restorer;
  if (!thread.call(memory, call, Clock::now() + std::chrono::seconds(1))) return 0;
  memory.store(place, uint64_t{0});
  return *stack;
}

}  // namespace dbgtrace::reader::attach
