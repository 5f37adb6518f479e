// SPDX-License-Identifier: Apache-2.0
// Many call stacks as one tree: each frame once, each common prefix (from the outermost call on)
// once. What a flame graph is drawn from and profile formats are written from.
//
//   main > serve > open        frames: 0 main, 1 serve, 2 open, 3 close
//   main > serve > close       nodes:  0 root, 1 (0, main), 2 (1, serve), 3 (2, open), 4 (2, close)
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "reader/analysis/resolver.hpp"

namespace dbgtrace::reader::analysis {

class CallTree {
 public:
  struct Node {
    uint32_t parent;  // always below the node's own index
    int32_t frame;    // index in frames(); -1 for the root
  };
  struct Place {
    uint32_t node;  // of the innermost frame; 0 if the stack has none
    int32_t title;  // index in frames() of the frame that names the stack; -1 if it has none
  };

  Place add(const ResolvedStack& stack);

  const std::vector<symbols::Frame>& frames() const { return frames_; }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  struct Seen {
    const char *function, *file, *module;
    unsigned line;
    bool inlined;
    uint64_t offset;
    bool operator==(const Seen&) const = default;
  };
  struct SeenHash {
    size_t operator()(const Seen& seen) const {
      const auto function = reinterpret_cast<uintptr_t>(seen.function);
      const auto file = reinterpret_cast<uintptr_t>(seen.file);
      return (function ^ file << 17 ^ uint64_t{seen.line} << 34 ^ seen.offset) *
                 0x9e3779b97f4a7c15 >>
             8;
    }
  };
  uint32_t frame_index(const symbols::Frame& frame);

  std::vector<symbols::Frame> frames_;
  std::vector<Node> nodes_{{0, -1}};
  std::unordered_map<std::string, uint32_t> frame_by_name_;
  std::unordered_map<Seen, uint32_t, SeenHash> frame_by_seen_;
  std::unordered_map<uint64_t, uint32_t> child_by_frame_;  // parent << 32 | frame
};

// "open", or "libfoo.so.1+0x1f40" where the function is not known.
std::string frame_label(const symbols::Frame& frame);

}  // namespace dbgtrace::reader::analysis
