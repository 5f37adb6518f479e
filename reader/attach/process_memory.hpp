// SPDX-License-Identifier: Apache-2.0
// The memory of another process: what is mapped, and its bytes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dbgtrace::reader::attach {

struct Mapping {
  uint64_t start = 0, end = 0, offset = 0;
  bool readable = false, writable = false, executable = false;
  std::string path;
};

// In the order of the addresses; empty if they may not be read.
std::vector<Mapping> read_mappings(pid_t pid);

// Null: nothing is mapped there.
const Mapping* mapping_at(std::span<const Mapping> mappings, uint64_t address);

// Thread-safety: yes.
class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid);
  ~ProcessMemory();
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  bool is_open() const { return fd_ >= 0; }
  bool read(uint64_t address, std::span<std::byte> to) const;
  bool write(uint64_t address, std::span<const std::byte> from) const;
  // As many bytes as can be had in a row.
  size_t read_some(uint64_t address, std::span<std::byte> to) const;
  // Up to the first zero byte, at most so many.
  std::string read_text(uint64_t address, size_t limit_bytes) const;

  template <typename T>
  std::optional<T> load(uint64_t address) const {
    T value;
    if (!read(address, std::as_writable_bytes(std::span(&value, 1)))) return {};
    return value;
  }
  template <typename T>
  bool store(uint64_t address, const T& value) const {
    return write(address, std::as_bytes(std::span(&value, 1)));
  }

 private:
  int fd_;
};

}  // namespace dbgtrace::reader::attach
