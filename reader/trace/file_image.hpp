// SPDX-License-Identifier: Apache-2.0
// A private copy of a file's bytes. A mapping of the file itself would be cheaper, but whoever
// truncates the file while it is read would kill the reader by SIGBUS, and the bytes of a running
// process would change between a check and the use. Holes cost neither reads nor memory: a
// recording is sparse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "reader/trace/result.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::reader::trace {

class FileImage {
 public:
  // A longer file is refused: even its holes take time to look at.
  static constexpr uint64_t kMaxBytes = ring::kMaxFileBytes;

  // The file's first limit_bytes, or all if it is shorter. Refuses what is not a regular file. Of a
  // bundle it is the recording inside, whole.
  static Result<FileImage> read(const std::string& path, uint64_t limit_bytes);

  FileImage(FileImage&& other) noexcept;
  FileImage& operator=(FileImage&& other) noexcept;
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;
  ~FileImage();

  // At a multiple of the page size; holes read as zero.
  std::span<const std::byte> bytes() const { return {base_, size_bytes_}; }
  // What a bundle brings along besides; empty of a plain recording.
  std::span<const std::byte> appendix() const { return {base_ + size_bytes_, appendix_bytes_}; }
  bool from_bundle() const { return from_bundle_; }
  // The whole file's size when it was opened.
  uint64_t file_bytes() const { return file_bytes_; }

 private:
  FileImage() = default;
  Result<FileImage> unpacked(const std::string& path) const;

  std::byte* base_ = nullptr;
  uint64_t size_bytes_ = 0;
  uint64_t appendix_bytes_ = 0;
  uint64_t mapped_bytes_ = 0;
  uint64_t file_bytes_ = 0;
  bool from_bundle_ = false;
};

}  // namespace dbgtrace::reader::trace
