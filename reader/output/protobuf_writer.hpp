// SPDX-License-Identifier: Apache-2.0
// Protocol Buffers' wire format as far as a profile needs it: varints, and byte strings that hold
// text, packed numbers or messages. A generated class would need a compiler for .proto files in
// every build, for five kinds of messages that have not changed since 2016.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dbgtrace::reader::output {

class ProtobufWriter {
 public:
  // A number that is 0 is what a field says that is not there.
  void number(uint32_t field, uint64_t value) {
    if (value == 0) return;
    varint(uint64_t{field} << 3);
    varint(value);
  }
  void bytes(uint32_t field, std::string_view value) {
    varint(uint64_t{field} << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void message(uint32_t field, const ProtobufWriter& part) { bytes(field, part.bytes_); }
  void packed(uint32_t field, const std::vector<uint64_t>& values) {
    ProtobufWriter list;
    for (const uint64_t value : values) list.varint(value);
    message(field, list);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace dbgtrace::reader::output
