// SPDX-License-Identifier: Apache-2.0
// The events of a recording, one by one, oldest first, without all of them in memory. Blocks are
// filled by several threads at once, so they overlap in time; those that do are merged, and only
// they are held decoded. Every block is decoded twice: once to learn what is whole in it and when
// it begins, so that no word of its head has to be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <queue>
#include <span>
#include <vector>

#include "reader/trace/trace.hpp"
#include "ring/scanner.hpp"

namespace dbgtrace::reader::trace {

class EventStream {
 public:
  // file: the bytes that trace was made of; both outlive the stream. Blocks that can't be decoded
  // are added to the trace's damages here, not later.
  EventStream(std::span<const std::byte> file, Trace& trace);

  // False behind the newest event.
  bool next(Event& event);

 private:
  struct Block {
    uint64_t first_us;
    HistoryBlock where;
  };
  struct Decoded {
    uint64_t sequence;
    size_t at = 0;
    std::vector<ring::Event> events;  // by time
  };
  struct Head {  // the next event of a decoded block
    uint64_t time_us;
    uint64_t sequence;
    size_t index;  // in decoded_
    bool operator>(const Head& other) const {
      return time_us != other.time_us     ? time_us > other.time_us
             : sequence != other.sequence ? sequence > other.sequence
                                          : index > other.index;
    }
  };

  void note_blocks(Trace& trace);
  // Whole events, at the front of the buffer; not valid if the block can't be decoded.
  ring::BlockEvents decode(const HistoryBlock& where);
  void take_up(const Block& block);
  void push_head(size_t index);

  const ring::Header& header_;
  std::span<const std::byte> ring_;
  std::span<const std::byte> open_;
  std::unique_ptr<ring::EventBuffer> buffer_;
  std::vector<Block> blocks_;  // by first_us
  size_t taken_up_ = 0;        // of blocks_
  std::vector<Decoded> decoded_;
  std::vector<size_t> free_;  // places in decoded_
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace dbgtrace::reader::trace
