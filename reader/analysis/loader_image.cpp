// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/loader_image.hpp"

#include <elf.h>

#include <cstring>
#include <string_view>

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kDebugBytes = 40, kLinkBytes = 40;  // r_debug and link_map of a 64-bit machine
constexpr size_t kMostModules = 4096;

void append_word(std::vector<std::byte>& bytes, uint64_t word) {
  const size_t at = bytes.size();
  bytes.resize(at + sizeof(word));
  std::memcpy(bytes.data() + at, &word, sizeof(word));
}

void append_text(std::vector<std::byte>& bytes, std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  bytes.insert(bytes.end(), begin, begin + text.size());
  bytes.push_back(std::byte{0});
}

// Of addresses that the kernel never gives out by itself, the first that nobody uses.
std::optional<uint64_t> free_place(const MemoryMap& taken, const trace::Trace& trace,
                                   size_t bytes) {
  constexpr uint64_t kFirst = 0x6000'0000'0000, kStep = 1 << 24, kTries = 4096;
  for (uint64_t i = 0; i < kTries; ++i) {
    const uint64_t start = kFirst + i * kStep, end = start + bytes;
    const Mapping* next = taken.at(start) != nullptr ? taken.at(start) : taken.above(start);
    bool is_free = next == nullptr || next->start >= end;
    for (const trace::Module& module : trace.modules) {
      is_free = is_free && (module.start >= end || module.end <= start);
    }
    if (is_free) return start;
  }
  return std::nullopt;
}

bool is_loaded_file(const trace::Module& module) {
  return module.unload_us == 0 && module.end != 0 && module.path.starts_with('/');
}

bool is_loader(const trace::Module& module) {
  return module.path.substr(module.path.rfind('/') + 1).starts_with("ld-");
}

// The executable first, as in the loader's own list.
std::vector<const trace::Module*> loaded_modules(const trace::Trace& trace) {
  std::vector<const trace::Module*> modules;
  for (const trace::Module& module : trace.modules) {
    if (!is_loaded_file(module) || modules.size() >= kMostModules) continue;
    const bool first = module.path == trace.header.exe;
    modules.insert(first ? modules.begin() : modules.end(), &module);
  }
  return modules;
}

}  // namespace

LoaderImage loader_image(const trace::Trace& trace, const MemoryMap& taken,
                         const LayoutOf& layout_of) {
  LoaderImage image;
  const auto modules = loaded_modules(trace);
  if (modules.empty() || modules.front()->path != trace.header.exe) return image;
  const trace::Module& program = *modules.front();
  const auto layout = layout_of(program);
  if (!layout) return image;
  image.auxiliary = {AT_ENTRY, program.bias + layout->entry,
                     AT_PHNUM, layout->program_header_count,
                     AT_PHENT, sizeof(Elf64_Phdr)};
  if (layout->program_headers != 0) {
    image.auxiliary.insert(image.auxiliary.end(),
                           {AT_PHDR, program.bias + layout->program_headers});
  }
  size_t text_bytes = 1;
  uint64_t loader_bias = 0;
  for (const trace::Module* module : modules) {
    text_bytes += module->path.size() + 1;
    if (is_loader(*module)) loader_bias = module->bias;
  }
  if (loader_bias != 0) image.auxiliary.insert(image.auxiliary.end(), {AT_BASE, loader_bias});
  if (layout->debug_entry == 0) return image;
  const size_t names_at = kDebugBytes + modules.size() * kLinkBytes;
  const auto place = free_place(taken, trace, names_at + text_bytes);
  if (!place) return image;

  CoreSegment list;
  list.address = *place;
  const auto link = [&](size_t index) {
    return index < modules.size() ? *place + kDebugBytes + index * kLinkBytes : 0;
  };
  append_word(list.bytes, 1);  // r_version
  append_word(list.bytes, link(0));
  append_word(list.bytes, 0);  // r_brk
  append_word(list.bytes, 0);  // r_state: consistent
  append_word(list.bytes, loader_bias);
  std::vector<std::byte> names{std::byte{0}};  // the program's own is empty
  for (size_t i = 0; i < modules.size(); ++i) {
    const auto own = i == 0 ? layout : layout_of(*modules[i]);
    append_word(list.bytes, modules[i]->bias);
    append_word(list.bytes, *place + names_at + (i == 0 ? 0 : names.size()));
    append_word(list.bytes, modules[i]->bias + (own ? own->dynamic : 0));
    append_word(list.bytes, link(i + 1));
    append_word(list.bytes, i == 0 ? 0 : link(i - 1));
    if (i != 0) append_text(names, modules[i]->path);
  }
  list.bytes.insert(list.bytes.end(), names.begin(), names.end());
  CoreSegment entry;
  entry.address = program.bias + layout->debug_entry;
  append_word(entry.bytes, DT_DEBUG);
  append_word(entry.bytes, *place);
  entry.writable = true;
  image.segments = {std::move(entry), std::move(list)};
  return image;
}

}  // namespace dbgtrace::reader::analysis
