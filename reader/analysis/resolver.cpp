// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/resolver.hpp"

#include <map>
#include <numeric>
#include <unordered_set>

#include "reader/analysis/title_frame.hpp"

namespace dbgtrace::reader::analysis {
namespace {

bool is_recorder(const std::string& path) {
  const size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  return path.compare(name, std::string::npos, "libdbgtrace.so") == 0;
}

// A return address may already be the next function's first byte; the call lies before it.
uint64_t address_of(const trace::Stack& stack, size_t index) {
  const uint64_t pc = stack.pcs[index];
  const bool exact = (index == 0 && stack.exact_leaf) || index == stack.interrupted;
  return pc == 0 || exact ? pc : pc - 1;
}

}  // namespace

std::vector<uint32_t> every_stack(const trace::Trace& trace) {
  std::vector<uint32_t> stacks(trace.stacks.size());
  std::iota(stacks.begin(), stacks.end(), 0u);
  return stacks;
}

Resolver::Resolver(const trace::Trace& trace, symbols::Symbolizer& symbolizer)
    : trace_(trace),
      modules_(trace.modules),
      names_([&symbolizer](const symbols::ModuleKey& key,
                           uint64_t address) -> const std::vector<symbols::Frame>& {
        return symbolizer.resolve(key, address);
      }),
      symbolizer_(&symbolizer) {}

std::vector<Resolver::Place> Resolver::places(std::span<const uint32_t> stacks) const {
  std::unordered_set<uint64_t> seen;
  std::vector<Place> places;
  for (const uint32_t index : stacks) {
    if (index >= trace_.stacks.size()) continue;
    const trace::Stack stack = trace_.stacks[index];
    for (size_t i = 0; i < stack.pcs.size(); ++i) {
      const uint64_t address = address_of(stack, i);
      if (!seen.insert(key_of(address, stack.time_us)).second) continue;
      const trace::Module* module = modules_.find(address, stack.time_us);
      if (module != nullptr && is_recorder(module->path)) continue;
      places.push_back({module, module == nullptr ? address : address - module->bias});
    }
  }
  return places;
}

void Resolver::prepare(std::span<const uint32_t> stacks) const {
  if (symbolizer_ == nullptr) return;
  std::map<const trace::Module*, std::vector<uint64_t>> addresses;
  for (const Place& place : places(stacks)) addresses[place.module].push_back(place.address);
  std::vector<symbols::SymbolQuestions> questions;
  for (auto& [module, asked] : addresses) questions.push_back({key_of(module), std::move(asked)});
  symbolizer_->prepare(questions);
}

symbols::ModuleKey Resolver::key_of(const trace::Module* module) const {
  return module == nullptr ? symbols::generated_code(trace_.header.pid)
                           : symbols::ModuleKey{module->path, module->build_id};
}

ResolvedStack Resolver::resolve(uint32_t stack_index) const {
  if (stack_index >= trace_.stacks.size()) return {};
  return resolve(trace_.stacks[stack_index]);
}

ResolvedStack Resolver::resolve(const trace::Stack& stack) const {
  ResolvedStack resolved;
  resolved.omitted_frames = stack.omitted_frames;
  resolved.truncated = stack.truncated;
  for (size_t i = 0; i < stack.pcs.size(); ++i) {
    const size_t before = resolved.frames.size();
    append(stack, i, resolved.frames);
    if (i == stack.interrupted && resolved.frames.size() > before) resolved.interrupted = before;
  }
  resolved.title = title_frame(resolved.frames);
  return resolved;
}

symbols::Frame Resolver::at(uint64_t address, uint64_t time_us) const {
  symbols::Frame frame;
  frame.offset = address;
  const trace::Module* module = modules_.find(address, time_us);
  if (module == nullptr) {
    frame = generated(address);
    frame.offset = address;
    return frame;
  }
  // The last one is the function itself, not what was inlined into it.
  frame = names_({module->path, module->build_id}, address - module->bias).back();
  frame.offset = address - module->bias;
  return frame;
}

// Code of a just-in-time compiler, or nothing that is known.
symbols::Frame Resolver::generated(uint64_t address) const {
  if (symbolizer_ == nullptr) return {};
  symbols::Frame frame = symbolizer_->resolve(key_of(nullptr), address).front();
  return frame.function.empty() ? symbols::Frame{} : frame;
}

// Of an address that belonged to several modules, one after the other, each has a key.
uint64_t Resolver::key_of(uint64_t address, uint64_t time_us) const {
  if (!modules_.overlaps()) return address;
  const trace::Module* module = modules_.find(address, time_us);
  if (module == nullptr) return address;
  return address ^ (static_cast<uint64_t>(module - trace_.modules.data()) + 1) << 48;
}

Resolver::Known Resolver::names_at(uint64_t address, uint64_t time_us) const {
  const uint64_t key = key_of(address, time_us);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  Known known{modules_.find(address, time_us)};
  if (known.module != nullptr) {
    known.own = is_recorder(known.module->path);
    if (!known.own) known.names = &names_(key_of(known.module), address - known.module->bias);
  }
  if (symbolizer_ != nullptr) known_.emplace(key, known);
  return known;
}

void Resolver::append(const trace::Stack& stack, size_t index,
                      std::vector<symbols::Frame>& frames) const {
  const uint64_t pc = stack.pcs[index];
  const uint64_t address = address_of(stack, index);
  const Known known = names_at(address, stack.time_us);
  if (known.own) return;
  if (known.module == nullptr) {
    frames.push_back(generated(address));
    frames.back().offset = pc;
    return;
  }
  for (symbols::Frame frame : *known.names) {
    frame.offset = pc - known.module->bias;
    frames.push_back(frame);
  }
}

}  // namespace dbgtrace::reader::analysis
