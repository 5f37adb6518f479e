// SPDX-License-Identifier: Apache-2.0
// How a session comes to its settings: from the environment, or from whoever attaches.
#include <cstring>

#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/child_policy.hpp"
#include "hooks/process/log.hpp"
#include "hooks/process/output_path.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::process {
namespace {

// The environment may be rewritten by the program, so what is needed later is copied.
std::string_view keep(std::string_view text, char (&buffer)[kMaxPath]) {
  if (text.size() >= sizeof(buffer)) return {};
  std::memcpy(buffer, text.data(), text.size());
  return {buffer, text.size()};
}

void report(const OptionErrors& errors) {
  for (uint32_t i = 0; i < errors.count; ++i) {
    char buffer[512];
    os::Text line(buffer, sizeof(buffer));
    const auto& error = errors.entries[i];
    line.add(error.name)
        .add('=')
        .add(error.value)
        .add(" makes no sense, expected ")
        .add(error.expected)
        .add("; default used");
    log_line(line.view());
  }
}

// Its runtime expects to be the only one between the program and the C library.
bool is_sanitized() {
  void* address = nullptr;
  os::Wanted runtimes[] = {{"__asan_init", &address},
                           {"__hwasan_init", &address},
                           {"__tsan_init", &address},
                           {"__msan_init", &address}};
  os::find_all(runtimes);
  return address != nullptr;
}

}  // namespace

void Session::prepare(const char* const* environment) {
  if (state_.load(std::memory_order_acquire) != SessionState::kUnborn || environment == nullptr)
    return;
  if (preparing_.exchange(true, std::memory_order_acquire)) return;
  if (os::loaded_at_start()) return read_settings(environment, environment);
  state_.store(SessionState::kOff, std::memory_order_release);  // until somebody attaches
}

void Session::read_settings(const char* const* settings, const char* const* environment) {
  OptionErrors errors;
  options_ = parse_options(settings, errors);
  gather_facts(facts_);
  // Whoever debugs sees each delivery of a signal: one that we pass on would stop the program
  // twice. Who attaches us traces only to do so.
  if (facts_.traced && !attached()) options_.crash = false;
  pid_ = facts_.restricted() ? facts_.pid : os::process_id();
  static constinit char log_path[kMaxPath] = {};
  os::Text log(log_path, sizeof(log_path));
  const bool relative_log =
      !options_.log.empty() && options_.log.front() != '/' && options_.log != "stderr";
  if (relative_log || (!options_.out.empty() && options_.out.front() != '/'))
    note_working_directory();
  if (relative_log) log.add(working_directory_).add('/');
  log.add(options_.log);
  set_log_pid(facts_.pid);
  if (!facts_.secure && !options_.disable) set_log(log.view());
  options_.log = {};
  options_.out = keep(options_.out, out_);
  os::Text default_out(default_out_, sizeof(default_out_));
  default_template(environment, facts_.euid, default_out);
  choose_output();
  const bool other = !options_.only.empty() && !facts_.is_called(options_.only);
  options_.only = {};
  bool disabled = options_.disable || facts_.secure;
  if (!disabled && is_sanitized()) {
    log_line(
        "the program is built with a sanitizer, which takes malloc and the signals for itself: "
        "nothing is recorded");
    disabled = true;
  }
  own_malloc_ = !disabled && !other && os::executable_defines("malloc");
  if (own_malloc_) {
    log_line("the executable defines malloc itself: no allocations are recorded");
    options_.sample_bytes = 0;
  }
  const bool off = disabled || other || (!records_allocations() && !options_.crash);
  if (!disabled && !attached()) apply_child_policy(options_.children, environment);
  if (!off) {
    report(errors);
    space_.start(!facts_.restricted());
  }
  state_.store(off ? SessionState::kOff : SessionState::kReady, std::memory_order_release);
}

void Session::note_working_directory() {
  if (os::raw_syscall(SYS_getcwd, os::as_argument(working_directory_), sizeof(working_directory_)) <
      0) {
    working_directory_[0] = '\0';
  }
}

// The place that was named may be for one process only: another, also a forked child of that one,
// records into the default folder.
void Session::choose_output() {
  const bool for_another = options_.out_pid != 0 && options_.out_pid != facts_.pid;
  if (options_.out.empty() || for_another) options_.out = default_out_;
}

}  // namespace dbgtrace::hooks::process
