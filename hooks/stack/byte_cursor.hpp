// SPDX-License-Identifier: Apache-2.0
// Reads DWARF's primitive encodings from [at, end) and never beyond. The first read that does not
// fit fails the cursor for good; later reads give zero, so that callers may test ok() once.
#pragma once

#include <cstdint>
#include <cstring>

namespace dbgtrace::hooks::stack {

// Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class ByteCursor {
 public:
  ByteCursor(const uint8_t* at, const uint8_t* end) : at_(at), end_(end), ok_(at <= end) {}

  bool ok() const { return ok_; }
  bool more() const { return ok_ && at_ < end_; }
  const uint8_t* at() const { return at_; }
  uint64_t left() const { return ok_ ? static_cast<uint64_t>(end_ - at_) : 0; }

  template <typename T>
  T fixed() {
    T value{};
    if (left() < sizeof(T)) {
      ok_ = false;
      return value;
    }
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  void skip(uint64_t count) {
    if (left() < count) {
      ok_ = false;
    } else {
      at_ += count;
    }
  }

  // A cursor over the next `count` bytes alone, which this one passes over.
  ByteCursor slice(uint64_t count) {
    const uint8_t* from = at_;
    skip(count);
    return ok_ ? ByteCursor(from, from + count) : ByteCursor(from, from);
  }

  uint64_t uleb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }

  int64_t sleb() {
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
      byte = fixed<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      shift += 7;
    } while ((byte & 0x80) != 0);
    if ((byte & 0x40) != 0 && shift < 64) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }

  // A DW_EH_PE pointer. Data-relative and indirect ones do not occur where we need the value; they
  // fail the cursor, as does anything unknown.
  uint64_t encoded(uint8_t encoding) {
    if (encoding == kOmitted) return 0;
    const auto position = reinterpret_cast<uint64_t>(at_);
    uint64_t value = encoded_size_only(encoding);
    switch (encoding & 0xf0) {
      case 0x00:
        return value;
      case 0x10:
        return value + position;
      default:
        ok_ = false;
        return 0;
    }
  }

  // The same bytes, with no meaning given to the base; for values that are passed over.
  uint64_t encoded_size_only(uint8_t encoding) {
    if (encoding == kOmitted) return 0;
    switch (encoding & 0x0f) {
      case 0x00:
      case 0x04:
      case 0x0c:
        return fixed<uint64_t>();
      case 0x01:
        return uleb();
      case 0x02:
        return fixed<uint16_t>();
      case 0x03:
        return fixed<uint32_t>();
      case 0x09:
        return static_cast<uint64_t>(sleb());
      case 0x0a:
        return static_cast<uint64_t>(int64_t{fixed<int16_t>()});
      case 0x0b:
        return static_cast<uint64_t>(int64_t{fixed<int32_t>()});
      default:
        ok_ = false;
        return 0;
    }
  }

 private:
  static constexpr uint8_t kOmitted = 0xff;

  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_;
};

}  // namespace dbgtrace::hooks::stack
