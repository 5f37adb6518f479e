// SPDX-License-Identifier: Apache-2.0
// A value or the reason why there is none. A broken input is an expected outcome, so it travels as
// a value, not as an exception.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace dbgtrace::reader::trace {

// message is a whole sentence for the user: which file, what was expected, what was there, what to
// do.
struct LoadError {
  std::string message;
  uint64_t offset_bytes = 0;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(LoadError error) : content_(std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() { return std::get<0>(content_); }
  const T& operator*() const { return std::get<0>(content_); }
  T* operator->() { return &std::get<0>(content_); }
  const T* operator->() const { return &std::get<0>(content_); }
  const LoadError& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, LoadError> content_;
};

}  // namespace dbgtrace::reader::trace
