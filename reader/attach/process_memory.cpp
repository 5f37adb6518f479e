// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/process_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace dbgtrace::reader::attach {

std::vector<Mapping> read_mappings(pid_t pid) {
  std::vector<Mapping> mappings;
  std::ifstream file(fmt::format("/proc/{}/maps", pid));
  for (std::string line; std::getline(file, line);) {
    Mapping mapping;
    char permissions[5] = {};
    int path_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx %*s %*s %n", &mapping.start, &mapping.end,
                    permissions, &mapping.offset, &path_at) < 4) {
      continue;
    }
    mapping.readable = permissions[0] == 'r';
    mapping.writable = permissions[1] == 'w';
    mapping.executable = permissions[2] == 'x';
    if (path_at > 0 && static_cast<size_t>(path_at) < line.size())
      mapping.path = line.substr(path_at);
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

const Mapping* mapping_at(std::span<const Mapping> mappings, uint64_t address) {
  const auto behind =
      std::upper_bound(mappings.begin(), mappings.end(), address,
                       [](uint64_t at, const Mapping& mapping) { return at < mapping.end; });
  return behind != mappings.end() && behind->start <= address ? &*behind : nullptr;
}

ProcessMemory::ProcessMemory(pid_t pid)
    : fd_(open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDWR | O_CLOEXEC)) {}

ProcessMemory::~ProcessMemory() {
  if (fd_ >= 0) close(fd_);
}

size_t ProcessMemory::read_some(uint64_t address, std::span<std::byte> to) const {
  size_t total = 0;
  while (total < to.size()) {
    const ssize_t got =
        pread(fd_, to.data() + total, to.size() - total, static_cast<off_t>(address + total));
    if (got <= 0) break;
    total += static_cast<size_t>(got);
  }
  return total;
}

bool ProcessMemory::read(uint64_t address, std::span<std::byte> to) const {
  return read_some(address, to) == to.size();
}

bool ProcessMemory::write(uint64_t address, std::span<const std::byte> from) const {
  return pwrite(fd_, from.data(), from.size(), static_cast<off_t>(address)) ==
         static_cast<ssize_t>(from.size());
}

std::string ProcessMemory::read_text(uint64_t address, size_t limit_bytes) const {
  std::string text(limit_bytes, '\0');
  text.resize(read_some(address, std::as_writable_bytes(std::span(text))));
  return text.substr(0, text.find('\0'));
}

}  // namespace dbgtrace::reader::attach
