// SPDX-License-Identifier: Apache-2.0
// A bounded string builder on the caller's buffer, for paths and log lines: stdio allocates and
// locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dbgtrace::hooks::os {

// Thread-safety: one thread. Signal-safety: yes. Allocates: never. What does not fit is cut; the
// text is always NUL-terminated.
class Text {
 public:
  Text(char* buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) { buffer_[0] = '\0'; }

  Text& add(std::string_view part) {
    for (char c : part) add(c);
    return *this;
  }
  Text& add(char c) {
    if (size_ + 1 < capacity_) {
      buffer_[size_++] = c;
      buffer_[size_] = '\0';
    } else {
      cut_ = true;
    }
    return *this;
  }
  Text& add_number(uint64_t value) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (count > 0) add(digits[--count]);
    return *this;
  }

  std::string_view view() const { return {buffer_, size_}; }
  const char* c_str() const { return buffer_; }
  size_t size() const { return size_; }
  bool cut() const { return cut_; }
  void truncate(size_t size) {
    size_ = size;
    buffer_[size_] = '\0';
  }

 private:
  char* buffer_;
  size_t capacity_;
  size_t size_ = 0;
  bool cut_ = false;
};

}  // namespace dbgtrace::hooks::os
