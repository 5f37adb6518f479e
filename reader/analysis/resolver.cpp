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
      names_([&symbolizer](const symbols::ModuleKey& key,
                           uint64_t address) -> const std::vector<symbols::Frame>& {
        return symbolizer.resolve(key, address);
      }) {}

ResolvedStack Resolver::resolve(uint32_t stack_index) const {
  ResolvedStack resolved;
  if (stack_index >= trace_.stacks.size()) return resolved;
  const trace::Stack& stack = trace_.stacks[stack_index];
  resolved.omitted_frames = stack.omitted_frames;
  resolved.truncated = stack.truncated;
  for (size_t i = 0; i < stack.pcs.size(); ++i) append(stack, i, resolved.frames);
  resolved.title = title_frame(resolved.frames);
  return resolved;
}

void Resolver::append(const trace::Stack& stack, size_t index,
                      std::vector<symbols::Frame>& frames) const {
  const uint64_t pc = stack.pcs[index];
  // A return address may already be the next function's first byte; the call lies before it.
  const uint64_t address = pc == 0 || (index == 0 && stack.exact_leaf) ? pc : pc - 1;
  const trace::Module* module = trace::module_at(trace_, address, stack.time_us);
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
