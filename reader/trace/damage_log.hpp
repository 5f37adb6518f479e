// SPDX-License-Identifier: Apache-2.0
// Collects damages without letting a file that is broken everywhere fill the memory: equal ones of
// a table are counted and become one entry that says where the first is.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::trace {

class DamageLog {
 public:
  explicit DamageLog(std::vector<Damage>& damages) : damages_(damages) {}

  void add(uint64_t offset_bytes, uint64_t size_bytes, std::string what) {
    if (damages_.size() < kMaxDamages)
      damages_.push_back({offset_bytes, size_bytes, std::move(what)});
  }

 private:
  static constexpr size_t kMaxDamages = 200;
  std::vector<Damage>& damages_;
};

// The damaged entries of one kind; logs one line when it goes out of scope.
class DamageCount {
 public:
  // what reads on from a number: "entries of modules whose checksum does not fit".
  DamageCount(DamageLog& log, std::string_view what) : log_(log), what_(what) {}
  DamageCount(const DamageCount&) = delete;
  DamageCount& operator=(const DamageCount&) = delete;
  // Logging takes memory: where there is none, that is told like everywhere.
  ~DamageCount() noexcept(false) {
    if (count_ > 0) log_.add(first_bytes_, size_bytes_, fmt::format("{} {}", count_, what_));
  }
  void add(uint64_t offset_bytes, uint64_t size_bytes) {
    if (count_++ == 0) first_bytes_ = offset_bytes;
    size_bytes_ += size_bytes;
  }

 private:
  DamageLog& log_;
  std::string_view what_;
  uint64_t count_ = 0;
  uint64_t first_bytes_ = 0;
  uint64_t size_bytes_ = 0;
};

}  // namespace dbgtrace::reader::trace
