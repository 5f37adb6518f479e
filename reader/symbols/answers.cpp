// SPDX-License-Identifier: Apache-2.0
// Arrays of fixed entries, then the texts, each ended by a zero byte: a chain is found by bisection
// in the bytes themselves, so that a big file costs no more than one checksum.
#include "reader/symbols/answers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "ring/checksum.hpp"

namespace dbgtrace::reader::symbols {
namespace {

struct Head {
  char magic[8];
  uint32_t version;
  uint32_t checksum;  // CRC-32C of all that follows
  uint32_t address_count;
  uint32_t frame_count;
  uint32_t text_bytes;
  uint32_t reserved;
};
static_assert(sizeof(Head) == 32);
constexpr char kMagic[8] = {'D', 'B', 'G', 'T', 'S', 'Y', 'M', 'S'};
constexpr uint32_t kVersion = 1;
constexpr size_t kSummedFrom = offsetof(Head, address_count);
constexpr size_t kFrameBytes = 12;
constexpr uint32_t kInlined = 0x80000000;
// A text offset is 32 bits; what does not fit is left out.
constexpr size_t kMaxTextsBytes = size_t{1} << 30;
// More than compilers nest and demanglers give out. Texts may be shared, so that longer ones could
// cost far more than their bytes.
constexpr uint32_t kMaxChainFrames = 256;
constexpr size_t kMaxTextBytes = 32 << 10;

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Up to the zero byte that ends a text: what stands behind one is not kept.
std::string_view as_text(std::string_view text) {
  return text.substr(0, std::min(text.find('\0'), kMaxTextBytes));
}

bool are_texts(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\0');
    if (end > kMaxTextBytes) return false;  // npos too
    bytes.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

std::optional<Answers> Answers::parse(std::string bytes) {
  Head head;
  if (bytes.size() < sizeof(head)) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof(head));
  if (std::memcmp(head.magic, kMagic, sizeof(kMagic)) != 0 || head.version != kVersion) {
    return std::nullopt;
  }
  const uint64_t addresses = head.address_count, frames = head.frame_count;
  if (sizeof(head) + addresses * 8 + (addresses + 1) * 4 + frames * kFrameBytes + head.text_bytes !=
      bytes.size()) {
    return std::nullopt;
  }
  if (ring::crc32c(bytes.data() + kSummedFrom, bytes.size() - kSummedFrom) != head.checksum) {
    return std::nullopt;
  }
  Answers answers;
  answers.bytes_ = std::move(bytes);
  answers.address_count_ = addresses;
  answers.starts_at_ = sizeof(head) + addresses * 8;
  answers.frames_at_ = answers.starts_at_ + (addresses + 1) * 4;
  answers.texts_at_ = answers.frames_at_ + frames * kFrameBytes;
  // A checksum is no proof against malice: from here on every reference is used unseen.
  if (head.text_bytes == 0 ||
      !are_texts(std::string_view(answers.bytes_).substr(answers.texts_at_)))
    return std::nullopt;
  if (answers.source().size() + 1 >= head.text_bytes) return std::nullopt;
  uint32_t last = 0;
  for (uint64_t i = 0; i <= addresses; ++i) {
    const uint32_t start = answers.word(answers.starts_at_ + i * 4);
    if (start < last || start - last > kMaxChainFrames || (i == 0 && start != 0))
      return std::nullopt;
    last = start;
    if (i + 1 < addresses && answers.address(i) >= answers.address(i + 1)) return std::nullopt;
  }
  if (last != frames) return std::nullopt;
  for (uint64_t i = 0; i < frames; ++i) {
    const size_t at = answers.frames_at_ + i * kFrameBytes;
    if (answers.word(at) >= head.text_bytes || answers.word(at + 4) >= head.text_bytes) {
      return std::nullopt;
    }
  }
  return answers;
}

uint32_t Answers::word(size_t offset) const {
  uint32_t value;
  std::memcpy(&value, bytes_.data() + offset, sizeof(value));
  return value;
}

uint64_t Answers::address(size_t index) const {
  uint64_t value;
  std::memcpy(&value, bytes_.data() + sizeof(Head) + index * 8, sizeof(value));
  return value;
}

std::string_view Answers::text(uint32_t offset) const {
  return std::string_view(bytes_.data() + texts_at_ + offset);
}

Chain Answers::chain(size_t index) const {
  Chain chain;
  const uint32_t first = word(starts_at_ + index * 4), end = word(starts_at_ + index * 4 + 4);
  for (uint32_t i = first; i < end; ++i) {
    const size_t at = frames_at_ + i * kFrameBytes;
    const uint32_t line = word(at + 8);
    chain.push_back({text(word(at)), text(word(at + 4)), line & ~kInlined, (line & kInlined) != 0});
  }
  return chain;
}

// A text is looked at no further than it is shown: millions of frames may share a long one.
Answer Answers::shown_frame(uint32_t frame, bool& is_cut) const {
  const size_t at = frames_at_ + frame * kFrameBytes;
  const auto shown_text = [&](uint32_t offset) {
    const char* begin = bytes_.data() + texts_at_ + offset;
    size_t bytes = strnlen(begin, kMostShownTextBytes + 1);
    if (bytes <= kMostShownTextBytes) return std::string_view(begin, bytes);
    is_cut = true;
    // Not inside a character of UTF-8.
    for (bytes = kMostShownTextBytes; bytes > 0 && (begin[bytes] & 0xc0) == 0x80;) --bytes;
    return std::string_view(begin, bytes);
  };
  const uint32_t line = word(at + 8);
  return {shown_text(word(at)), shown_text(word(at + 4)), line & ~kInlined, (line & kInlined) != 0};
}

Answers::Shown Answers::shown(size_t index, size_t bytes_besides) const {
  const uint32_t first = word(starts_at_ + index * 4), end = word(starts_at_ + index * 4 + 4);
  Shown shown;
  if (first == end) return shown;
  const auto bytes_of = [bytes_besides](const Answer& answer) {
    return answer.function.size() + answer.file.size() + bytes_besides;
  };
  // The last one is the function that was not inlined; of the others the innermost ones.
  const Answer last = shown_frame(end - 1, shown.is_cut);
  size_t left = kMostShownChainBytes - std::min(kMostShownChainBytes, bytes_of(last));
  for (uint32_t frame = first; frame + 1 < end; ++frame) {
    const Answer answer = shown_frame(frame, shown.is_cut);
    if (bytes_of(answer) > left) {
      shown.is_cut = true;
      shown.chain.push_back({"(more inlined functions, left out)", {}, 0, true});
      break;
    }
    left -= bytes_of(answer);
    shown.chain.push_back(answer);
  }
  shown.chain.push_back(last);
  return shown;
}

std::optional<Answers::Shown> Answers::find_shown(uint64_t address, size_t bytes_besides) const {
  const std::optional<size_t> index = index_of(address);
  if (!index) return std::nullopt;
  return shown(*index, bytes_besides);
}

std::optional<Chain> Answers::find(uint64_t address) const {
  const std::optional<size_t> index = index_of(address);
  if (!index) return std::nullopt;
  return chain(*index);
}

std::optional<size_t> Answers::index_of(uint64_t wanted) const {
  size_t low = 0, high = address_count_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (address(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == address_count_ || address(low) != wanted) return std::nullopt;
  return low;
}

AnswersWriter::AnswersWriter(std::string_view source, std::string_view problem) {
  texts_.append(as_text(source)).push_back('\0');
  texts_.append(as_text(problem)).push_back('\0');
  known_.emplace("", static_cast<uint32_t>(texts_.size() - 1));
}

uint32_t AnswersWriter::number_of(std::string_view text) {
  text = as_text(text);
  if (texts_.size() + text.size() >= kMaxTextsBytes) text = {};
  const auto [known, is_new] =
      known_.try_emplace(std::string(text), static_cast<uint32_t>(texts_.size()));
  if (is_new) texts_.append(text).push_back('\0');
  return known->second;
}

void AnswersWriter::add(uint64_t address, const Chain& chain) {
  const auto first = static_cast<uint32_t>(frames_.size());
  const auto count = static_cast<uint32_t>(std::min<size_t>(chain.size(), kMaxChainFrames));
  if (!chains_.try_emplace(address, first, count).second) return;
  for (const Answer& answer : std::span(chain).first(count)) {
    frames_.push_back({number_of(answer.function), number_of(answer.file),
                       (answer.line & ~kInlined) | (answer.inlined ? kInlined : 0)});
  }
}

void AnswersWriter::add_all(const Answers& answers) {
  for (size_t i = 0; i < answers.size(); ++i) add(answers.address(i), answers.chain(i));
}

std::string AnswersWriter::bytes() const {
  Head head{};
  std::memcpy(head.magic, kMagic, sizeof(kMagic));
  head.version = kVersion;
  head.address_count = static_cast<uint32_t>(chains_.size());
  head.frame_count = static_cast<uint32_t>(frames_.size());
  head.text_bytes = static_cast<uint32_t>(texts_.size());
  std::string bytes;
  put(bytes, head);
  for (const auto& [address, frames] : chains_) put(bytes, address);
  uint32_t start = 0;
  for (const auto& [address, frames] : chains_) {
    put(bytes, start);
    start += frames.second;
  }
  put(bytes, start);
  for (const auto& [address, frames] : chains_) {
    for (uint32_t i = 0; i < frames.second; ++i) put(bytes, frames_[frames.first + i]);
  }
  bytes += texts_;
  const uint32_t sum = ring::crc32c(bytes.data() + kSummedFrom, bytes.size() - kSummedFrom);
  std::memcpy(bytes.data() + offsetof(Head, checksum), &sum, sizeof(sum));
  return bytes;
}

}  // namespace dbgtrace::reader::symbols
