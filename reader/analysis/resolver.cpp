// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/resolver.hpp"

#include "reader/analysis/title_frame.hpp"

namespace dbgtrace::reader::analysis {
namespace {

bool is_recorder(const std::string& path) {
  const size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  return path.compare(name, std::string::npos, "libdbgtrace.so") == 0;
}

}  // namespace

Resolver::Resolver(const trace::Trace& trace, symbols::Symbolizer& symbolizer)
    : trace_(trace),
      modules_(trace.modules),
      names_([&symbolizer](const symbols::ModuleKey& key,
                           uint64_t address) -> const std::vector<symbols::Frame>& {
        return symbolizer.resolve(key, address);
      }) {}

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
  if (module == nullptr) return frame;
  // The last one is the function itself, not what was inlined into it.
  frame = names_({module->path, module->build_id}, address - module->bias).back();
  frame.offset = address - module->bias;
  return frame;
}

void Resolver::append(const trace::Stack& stack, size_t index,
                      std::vector<symbols::Frame>& frames) const {
  const uint64_t pc = stack.pcs[index];
  // A return address may already be the next function's first byte; the call lies before it.
  const bool exact = (index == 0 && stack.exact_leaf) || index == stack.interrupted;
  const uint64_t address = pc == 0 || exact ? pc : pc - 1;
  const trace::Module* module = modules_.find(address, stack.time_us);
  if (module == nullptr) {
    symbols::Frame unknown;
    unknown.offset = pc;
    frames.push_back(unknown);
    return;
  }
  if (is_recorder(module->path)) return;
  for (symbols::Frame frame : names_({module->path, module->build_id}, address - module->bias)) {
    frame.offset = pc - module->bias;
    frames.push_back(std::move(frame));
  }
}

}  // namespace dbgtrace::reader::analysis
