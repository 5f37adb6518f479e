// SPDX-License-Identifier: Apache-2.0
// Keeps the first and the last frames of a walk whose length nobody knows beforehand: the first
// ones in place, the rest in a ring behind them, which is turned into order at the end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace dbgtrace::hooks::stack {

// Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class FrameStore {
 public:
  // Keeps leaf + root frames; an `out` that is smaller is shared out in that proportion.
  FrameStore(std::span<uintptr_t> out, uint32_t leaf, uint32_t root) {
    const uint64_t whole = uint64_t{leaf} + root;
    const uint64_t capacity = std::min<uint64_t>(out.size(), whole);
    out_ = out.first(capacity);
    leaf_capacity_ = static_cast<uint32_t>(capacity * leaf / whole);
  }

  void push(uintptr_t pc) {
    if (walked_ < leaf_capacity_) [[likely]] {
      out_[walked_] = pc;
    } else if (const uint32_t root = root_capacity()) {
      out_[leaf_capacity_ + (walked_ - leaf_capacity_) % root] = pc;
    }
    ++walked_;
  }

  uint32_t leaf_capacity() const { return leaf_capacity_; }
  uint32_t walked() const { return walked_; }
  uint32_t stored() const { return std::min(walked_, leaf_capacity_ + root_capacity()); }

  void put_in_order() {
    const uint32_t root = root_capacity();
    if (root == 0 || walked_ <= leaf_capacity_ + root) return;
    const auto ring = out_.begin() + leaf_capacity_;
    std::rotate(ring, ring + (walked_ - leaf_capacity_) % root, ring + root);
  }

 private:
  uint32_t root_capacity() const { return static_cast<uint32_t>(out_.size()) - leaf_capacity_; }

  std::span<uintptr_t> out_;
  uint32_t leaf_capacity_ = 0;
  uint32_t walked_ = 0;
};

}  // namespace dbgtrace::hooks::stack
