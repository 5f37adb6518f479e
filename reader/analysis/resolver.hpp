// SPDX-License-Identifier: Apache-2.0
// From a recorded stack to frames with names: finds the module that an address belonged to when the
// stack was stored, steps back from a return address into its call, and asks the symbolizer. The
// recorder's own frames are left out: they are in every stack and of no use in any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reader/symbols/symbolizer.hpp"
#include "reader/trace/module_map.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct ResolvedStack {
  std::vector<symbols::Frame> frames;  // innermost first, inline frames among them
  size_t title = 0;                    // index of the frame that names the stack, see title_frame
  uint32_t omitted_frames = 0;         // between leaf and root part of a stack that was cut
  bool truncated = false;
  std::optional<size_t> interrupted;  // index of the frame that a signal interrupted
};

// What the resolver needs of a symbolizer, so that it can be had without any files.
using NameSource = std::function<const std::vector<symbols::Frame>&(const symbols::ModuleKey&,
                                                                    uint64_t elf_address)>;

class Resolver {
 public:
  // Both must outlive the resolver.
  Resolver(const trace::Trace& trace, symbols::Symbolizer& symbolizer);
  Resolver(const trace::Trace& trace, NameSource names)
      : trace_(trace), modules_(trace.modules), names_(std::move(names)) {}

  ResolvedStack resolve(uint32_t stack_index) const;
  ResolvedStack resolve(const trace::Stack& stack) const;
  // What lies at an exact address; one frame without a module if that is not known.
  symbols::Frame at(uint64_t address, uint64_t time_us) const;

 private:
  void append(const trace::Stack& stack, size_t index, std::vector<symbols::Frame>& frames) const;

  const trace::Trace& trace_;
  trace::ModuleMap modules_;
  NameSource names_;
};

}  // namespace dbgtrace::reader::analysis
