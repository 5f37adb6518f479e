// SPDX-License-Identifier: Apache-2.0
// The folder in which answers stay from one run of dbgtrace to the next: a file for each build-id
// and source of symbols. It is a convenience only: a folder that can't be made or written, or that
// others could write to, and a file that is not whole, are as good as none. Thread-safe, also
// between processes: files are replaced whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reader/symbols/answers.hpp"

namespace dbgtrace::reader::symbols {

class SymbolCache {
 public:
  static constexpr uint64_t kDefaultMaxBytes = uint64_t{256} << 20;

  // An empty path is no cache: nothing is found and nothing kept.
  SymbolCache() = default;
  SymbolCache(std::string folder, uint64_t max_bytes)
      : folder_(std::move(folder)), max_bytes_(max_bytes) {}

  // $XDG_CACHE_HOME/dbgtrace, else ~/.cache/dbgtrace; size by DBGTRACE_CACHE_SIZE, 0 is off.
  static SymbolCache of_user();

  const std::string& folder() const { return folder_; }
  uint64_t max_bytes() const { return max_bytes_; }

  // What is kept for this build-id, taken from this source; marks it as used.
  std::optional<Answers> load(const std::string& build_id_hex, std::string_view source) const;
  // Replaces it.
  void store(const std::string& build_id_hex, std::string_view source,
             const std::string& bytes) const;
  // Removes what was not used for longest while the folder holds too much.
  void shrink() const;

 private:
  std::string folder_;
  uint64_t max_bytes_ = 0;
};

}  // namespace dbgtrace::reader::symbols
