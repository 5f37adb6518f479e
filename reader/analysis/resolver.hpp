// SPDX-License-Identifier: Apache-2.0
// From a recorded stack to frames with names: finds the module that an address belonged to when the
// stack was stored, steps back from a return address into its call, and asks the symbolizer. The
// recorder's own frames are left out: they are in every stack and of no use in any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
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

// What the resolver needs of a symbolizer, so that it can be had without any files. The answer is
// valid up to the next question.
using NameSource = std::function<const std::vector<symbols::Frame>&(const symbols::ModuleKey&,
                                                                    uint64_t elf_address)>;

// The indexes of all stacks of a recording.
std::vector<uint32_t> every_stack(const trace::Trace& trace);

class Resolver {
 public:
  // Both must outlive the resolver.
  Resolver(const trace::Trace& trace, symbols::Symbolizer& symbolizer);
  Resolver(const trace::Trace& trace, NameSource names)
      : trace_(trace), modules_(trace.modules), names_(std::move(names)) {}

  ResolvedStack resolve(uint32_t stack_index) const;
  // Each address of these stacks once: the module, or null, and the module's own address.
  struct Place {
    const trace::Module* module;
    uint64_t address;
  };
  std::vector<Place> places(std::span<const uint32_t> stacks) const;
  // Where to look for the names of a place: no module is code that was generated at run time.
  symbols::ModuleKey key_of(const trace::Module* module) const;
  // Says which stacks will be asked for, so that their names can be found in the best order.
  void prepare(std::span<const uint32_t> stacks) const;
  ResolvedStack resolve(const trace::Stack& stack) const;
  // What lies at an exact address; one frame without a module if that is not known.
  symbols::Frame at(uint64_t address, uint64_t time_us) const;

 private:
  void append(const trace::Stack& stack, size_t index, std::vector<symbols::Frame>& frames) const;
  symbols::Frame generated(uint64_t address) const;
  struct Known {
    const trace::Module* module = nullptr;
    bool own = false;  // the recorder's
    const std::vector<symbols::Frame>* names = nullptr;
  };
  Known names_at(uint64_t address, uint64_t time_us) const;
  uint64_t key_of(uint64_t address, uint64_t time_us) const;

  const trace::Trace& trace_;
  trace::ModuleMap modules_;
  NameSource names_;
  symbols::Symbolizer* symbolizer_ = nullptr;
  // The way through the symbolizer is long for what is asked a million times.
  mutable std::unordered_map<uint64_t, Known> known_;
};

}  // namespace dbgtrace::reader::analysis
