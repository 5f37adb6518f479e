// SPDX-License-Identifier: Apache-2.0
// Builds a small object in memory for the tests: an .eh_frame_hdr, one CIE and one FDE, laid out as
// a linker does. The "code" is an address range of the image itself.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "hooks/stack/object_finder.hpp"

namespace eh_frame_image {

using Bytes = std::vector<uint8_t>;

inline constexpr size_t kCodeAt = 0x800;
inline constexpr size_t kCodeBytes = 0x100;
inline constexpr size_t kImageBytes = 0x1000;

// DW_CFA_def_cfa rsp+8; DW_CFA_offset rip at CFA-8
inline const Bytes kUsualStart{0x0c, 7, 8, 0x90, 1};

struct Options {
  std::string augmentation = "zR";
  Bytes augmentation_data{0x1b};  // pc-relative, signed, 4 bytes
  Bytes initial = kUsualStart;
  uint8_t table_encoding = 0x3b;
  uint8_t return_register = 16;
};

class Image {
 public:
  explicit Image(const Bytes& instructions, const Options& options = {}) : bytes_(kImageBytes) {
    const size_t cie = 0x100;
    Bytes content{0, 0, 0, 0, 1};  // id, version
    content.insert(content.end(), options.augmentation.begin(), options.augmentation.end());
    content.push_back(0);
    content.insert(content.end(),
                   {1, 0x78, options.return_register});  // code align 1, data align -8
    if (options.augmentation[0] == 'z') {
      content.push_back(static_cast<uint8_t>(options.augmentation_data.size()));
      append(content, options.augmentation_data);
    }
    append(content, options.initial);
    const size_t fde = put_entry(cie, content);

    Bytes function(8 + 4);
    put32(function, 0, static_cast<uint32_t>(fde + 4 - cie));
    put32(function, 4, static_cast<uint32_t>(kCodeAt - (fde + 8)));
    put32(function, 8, kCodeBytes);
    if (options.augmentation[0] == 'z') {
      const bool lsda = options.augmentation.find('L') != std::string::npos;
      function.push_back(lsda ? 4 : 0);
      if (lsda) append(function, {1, 2, 3, 4});
    }
    append(function, instructions);
    put_entry(fde, function);

    const uint8_t head[] = {1, 0x1b, 0x03, options.table_encoding};
    std::memcpy(bytes_.data(), head, sizeof head);
    put32(bytes_, 4, static_cast<uint32_t>(cie - 4));
    put32(bytes_, 8, 1);
    put32(bytes_, 12, kCodeAt);
    put32(bytes_, 16, static_cast<uint32_t>(fde));
  }

  dbgtrace::hooks::stack::CodeObject object() const {
    const auto start = reinterpret_cast<uintptr_t>(bytes_.data());
    const auto end = start + bytes_.size();
    return {start, end, start, end, start, nullptr};
  }
  uintptr_t pc(size_t offset) const {
    return reinterpret_cast<uintptr_t>(bytes_.data()) + kCodeAt + offset;
  }
  Bytes& bytes() { return bytes_; }

 private:
  static void append(Bytes& to, const Bytes& from) {
    to.insert(to.end(), from.begin(), from.end());
  }
  static void put32(Bytes& to, size_t at, uint32_t value) {
    std::memcpy(to.data() + at, &value, sizeof value);
  }
  size_t put_entry(size_t at, Bytes content) {
    while ((content.size() + 4) % 8 != 0) content.push_back(0);
    put32(bytes_, at, static_cast<uint32_t>(content.size()));
    std::memcpy(bytes_.data() + at + 4, content.data(), content.size());
    return at + 4 + content.size();
  }

  Bytes bytes_;
};

}  // namespace eh_frame_image
