// SPDX-License-Identifier: Apache-2.0
// What is known of the addresses of one module, as bytes: functions, inline chains and lines that
// were looked up once. A cache keeps them on this machine, a bundle carries them to another one.
// docs/bundle-format.md specifies the bytes. They are hostile until parse has seen them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dbgtrace::reader::symbols {

// One function of an inline chain. Empty and 0 are unknown. The texts are whoever's gave the
// answer.
struct Answer {
  std::string_view function;
  std::string_view file;
  unsigned line = 0;
  bool inlined = false;
};
using Chain = std::vector<Answer>;  // innermost first

class Answers {
 public:
  // None unless the bytes are whole: sizes, order, references and checksum.
  static std::optional<Answers> parse(std::string bytes);

  // Which files the answers were taken from; bytes that only have to be equal.
  std::string_view source() const { return text(0); }
  // Why names are missing, or empty.
  std::string_view problem() const { return text(static_cast<uint32_t>(source().size()) + 1); }

  size_t size() const { return address_count_; }
  uint64_t address(size_t index) const;
  Chain chain(size_t index) const;
  std::optional<Chain> find(uint64_t address) const;

  // As much of an address's names as is shown of a bundle. Its texts may be shared: what is
  // kilobytes in the file could else be gigabytes in a report.
  struct Shown {
    Chain chain;
    bool is_cut = false;
  };
  static constexpr size_t kMostShownTextBytes = 4096;
  static constexpr size_t kMostShownChainBytes = 16384;
  // bytes_besides: of each frame, what is shown with it.
  Shown shown(size_t index, size_t bytes_besides) const;
  std::optional<Shown> find_shown(uint64_t address, size_t bytes_besides) const;

 private:
  Answers() = default;
  uint32_t word(size_t offset) const;
  std::optional<size_t> index_of(uint64_t address) const;
  Answer shown_frame(uint32_t frame, bool& is_cut) const;
  std::string_view text(uint32_t offset) const;

  std::string bytes_;
  size_t address_count_ = 0;
  size_t starts_at_ = 0, frames_at_ = 0, texts_at_ = 0;
};

class AnswersWriter {
 public:
  AnswersWriter(std::string_view source, std::string_view problem);

  // Of two chains for one address the first one stays.
  void add(uint64_t address, const Chain& chain);
  void add_all(const Answers& answers);
  std::string bytes() const;

 private:
  struct Frame {
    uint32_t function, file, line;
  };
  uint32_t number_of(std::string_view text);

  std::map<uint64_t, std::pair<uint32_t, uint32_t>> chains_;  // first frame, count
  std::vector<Frame> frames_;
  std::string texts_;
  std::unordered_map<std::string, uint32_t> known_;
};

}  // namespace dbgtrace::reader::symbols
