// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/proc_processes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace dbgtrace::reader::cli {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "8f6e2c1a-..." as bytes in the order of the text; zeros if it is no such id.
std::array<uint8_t, 16> parse_boot_id(const std::string& text) {
  std::array<uint8_t, 16> id{};
  size_t digits = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (digits < 32) id[digits / 2] = static_cast<uint8_t>(id[digits / 2] << 4 | digit);
    ++digits;
  }
  return digits == 32 ? id : std::array<uint8_t, 16>{};
}

}  // namespace

std::optional<uint64_t> start_ticks_of(const std::string& stat_line) {
  // The second field is a name in parentheses that may hold spaces and parentheses.
  const size_t name_end = stat_line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat_line.substr(name_end + 1));
  std::string field;
  for (int number = 3; fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return std::nullopt;
    if (number != 22) continue;
    try {
      return std::stoull(field);
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

analysis::MachineFacts ProcProcesses::facts() const {
  analysis::MachineFacts facts;
  std::string boot_id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot_id);
  facts.boot_id = parse_boot_id(boot_id);
  struct stat space {};
  std::error_code unknown;
  // Where /proc is that of another namespace, nobody's pid can be looked up.
  const bool own_proc =
      std::filesystem::read_symlink("/proc/self", unknown) == std::to_string(getpid());
  if (own_proc && stat("/proc/self/ns/pid", &space) == 0) facts.pid_namespace = space.st_ino;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) facts.host = host.data();
  return facts;
}

std::optional<uint64_t> ProcProcesses::start_ticks(uint32_t pid) const {
  std::string line;
  std::getline(std::ifstream(fmt::format("/proc/{}/stat", pid)), line);
  return start_ticks_of(line);
}

}  // namespace dbgtrace::reader::cli
