// SPDX-License-Identifier: Apache-2.0
// libdwfl brings its client along, but asks only for modules of a session: so one is made up that
// has nothing but the build-id.
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "reader/symbols/debug_file.hpp"
#include "reader/symbols/elf_file.hpp"

namespace dbgtrace::reader::symbols {
namespace {

struct SessionEnd {
  void operator()(Dwfl* session) const { dwfl_end(session); }
};

}  // namespace

FileDescriptor ask_debuginfod(const std::string& build_id_hex) {
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  if (urls == nullptr || *urls == '\0' || !is_build_id(build_id_hex)) return FileDescriptor();
  std::vector<unsigned char> bits;
  for (size_t i = 0; i + 1 < build_id_hex.size(); i += 2) {
    bits.push_back(static_cast<unsigned char>(std::stoul(build_id_hex.substr(i, 2), nullptr, 16)));
  }
  constexpr Dwarf_Addr kAnyStart = 0x1000, kAnyEnd = 0x2000;
  char no_directories[] = "";
  char* path = no_directories;
  Dwfl_Callbacks callbacks{};
  callbacks.find_elf = dwfl_build_id_find_elf;
  callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
  callbacks.debuginfo_path = &path;
  const std::unique_ptr<Dwfl, SessionEnd> session(dwfl_begin(&callbacks));
  if (!session) return FileDescriptor();
  Dwfl_Module* module = dwfl_report_module(session.get(), "module", kAnyStart, kAnyEnd);
  const int size = static_cast<int>(bits.size());
  if (module == nullptr || dwfl_module_report_build_id(module, bits.data(), size, kAnyStart) != 0) {
    return FileDescriptor();
  }
  char* found = nullptr;
  FileDescriptor fd(dwfl_standard_find_debuginfo(module, nullptr, "module", kAnyStart, nullptr,
                                                 nullptr, 0, &found));
  std::free(found);
  if (fd && !refusal_of(fd.get(), build_id_hex).empty()) return FileDescriptor();
  return fd;
}

}  // namespace dbgtrace::reader::symbols
