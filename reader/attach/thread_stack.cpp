// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/thread_stack.hpp"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace dbgtrace::reader::attach {
namespace {

constexpr size_t kMaxFrames = 256;

// libdwfl hands the pid to no callback but by the process that is attached.
thread_local pid_t t_pid = 0;

// The process's own files, of its mount namespace.
int find_elf(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, char** file_name,
             Elf** elf) {
  if (name != nullptr && name[0] == '/') {
    const std::string path = fmt::format("/proc/{}/root{}", t_pid, name);
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) return fd;
  }
  return dwfl_linux_proc_find_elf(module, data, name, base, file_name, elf);
}

// Call frame information lies in the object itself; a debug file would take time.
int find_no_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                      GElf_Word, char**) {
  return -1;
}

int take_frame(Dwfl_Frame* frame, void* context) {
  auto& frames = *static_cast<ThreadFrames*>(context);
  Dwarf_Addr pc = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(frame, &pc, &is_activation)) return DWARF_CB_ABORT;
  // Interrupted, not calling: only below a signal's frame may that be another one than the
  // innermost.
  if (is_activation && !frames.pcs.empty()) frames.in_signal_handler = true;
  frames.pcs.push_back(is_activation || frames.pcs.empty() ? pc : pc - 1);
  return frames.pcs.size() < kMaxFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

// Opens the object and finds its call frame information: now, while all threads run.
int prepare_module(Dwfl_Module* module, void**, const char*, Dwarf_Addr, void*) {
  Dwarf_Addr bias = 0;
  dwfl_module_eh_cfi(module, &bias);
  return DWARF_CB_OK;
}

}  // namespace

struct Callbacks {
  Dwfl_Callbacks functions{};
};

StackReader::StackReader(pid_t pid) : callbacks_(std::make_unique<Callbacks>()) {
  t_pid = pid;
  callbacks_->functions.find_elf = find_elf;
  callbacks_->functions.find_debuginfo = find_no_debuginfo;
  dwfl_ = dwfl_begin(&callbacks_->functions);
  if (dwfl_ == nullptr) return;
  if (dwfl_linux_proc_report(dwfl_, pid) != 0 || dwfl_report_end(dwfl_, nullptr, nullptr) != 0 ||
      dwfl_linux_proc_attach(dwfl_, pid, true) != 0) {
    dwfl_end(dwfl_);
    dwfl_ = nullptr;
    return;
  }
  dwfl_getmodules(dwfl_, prepare_module, nullptr, 0);
}

StackReader::~StackReader() {
  if (dwfl_ != nullptr) dwfl_end(dwfl_);
}

ThreadFrames StackReader::frames_of(pid_t tid) {
  ThreadFrames frames;
  if (dwfl_ != nullptr) dwfl_getthread_frames(dwfl_, tid, take_frame, &frames);
  return frames;
}

}  // namespace dbgtrace::reader::attach
