// SPDX-License-Identifier: Apache-2.0
// The identity of a stack: 64 bits, mixed frame by frame from the root to the leaf, so that a stack
// which shares its outer frames with the last one needs only the changed frames mixed again.
// One step is a bijection in either argument: stacks that differ in one frame never collide.
#pragma once

#include <cstdint>
#include <span>

namespace dbgtrace::hooks::stack {

inline constexpr uint64_t kEmptyStackHash = 0x243f'6a88'85a3'08d3;

// `salt` is the load generation: after a dlclose the same pcs may mean other code.
inline constexpr uint64_t extend_hash(uint64_t outer, uintptr_t pc, uint64_t salt) {
  uint64_t h = outer ^ (pc + salt) * 0x9e37'79b9'7f4a'7c15;
  h ^= h >> 32;
  h *= 0xd6e8'feb8'6659'fd93;
  h ^= h >> 32;
  return h;
}

// Frames are leaf first, as a walk stores them; salt_of(pc) is the load generation.
template <typename SaltOf>
constexpr uint64_t stack_hash(std::span<const uintptr_t> frames, SaltOf salt_of) {
  uint64_t h = kEmptyStackHash;
  for (auto i = frames.size(); i-- > 0;) h = extend_hash(h, frames[i], salt_of(frames[i]));
  return h;
}

}  // namespace dbgtrace::hooks::stack
