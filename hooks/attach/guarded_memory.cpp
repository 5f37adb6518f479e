// SPDX-License-Identifier: Apache-2.0
#include "hooks/attach/guarded_memory.hpp"

#include <sys/uio.h>

#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::attach {
namespace {

constexpr uintptr_t kPageBytes = 4096;

long copy(long number, uintptr_t address, const void* own, size_t size_bytes) {
  const iovec local{const_cast<void*>(own), size_bytes};
  const iovec remote{reinterpret_cast<void*>(address), size_bytes};
  return os::raw_syscall(number, os::process_id(), os::as_argument(&local), 1,
                         os::as_argument(&remote), 1, 0);
}

bool copy_to(uintptr_t address, uintptr_t value) {
  return copy(SYS_process_vm_writev, address, &value, sizeof(value)) == sizeof(value);
}

}  // namespace

bool copy_from(uintptr_t address, void* to, size_t size_bytes) {
  return copy(SYS_process_vm_readv, address, to, size_bytes) == static_cast<long>(size_bytes);
}

// One element a page: the kernel promises to stop between elements only.
size_t copy_some(uintptr_t address, void* to, size_t size_bytes) {
  constexpr size_t kMaxPages = kMaxCopyBytes / kPageBytes + 1;
  iovec pages[kMaxPages];
  unsigned long count = 0;
  for (size_t done = 0; done < size_bytes && count < kMaxPages; ++count) {
    const uintptr_t at = address + done;
    const size_t left_in_page = kPageBytes - at % kPageBytes;
    const size_t size = left_in_page < size_bytes - done ? left_in_page : size_bytes - done;
    pages[count] = {reinterpret_cast<void*>(at), size};
    done += size;
  }
  const iovec local{to, size_bytes};
  const long got = os::raw_syscall(SYS_process_vm_readv, os::process_id(), os::as_argument(&local),
                                   1, os::as_argument(pages), static_cast<long>(count), 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

bool can_copy() {
  uintptr_t probe = 0;
  const uintptr_t address = reinterpret_cast<uintptr_t>(&probe);
  return copy_from(address, &probe, sizeof(probe)) && copy_to(address, 1);
}

bool SlotWriter::write(uintptr_t slot, uintptr_t value) {
  const uintptr_t page = slot & ~(kPageBytes - 1);
  if (page != open_page_) close();
  if (copy_to(slot, value)) return true;
  if (os::raw_syscall(SYS_mprotect, static_cast<long>(page), kPageBytes, PROT_READ | PROT_WRITE) !=
      0)
    return false;
  open_page_ = page;
  return copy_to(slot, value);
}

void SlotWriter::close() {
  if (open_page_ != 0)
    os::raw_syscall(SYS_mprotect, static_cast<long>(open_page_), kPageBytes, PROT_READ);
  open_page_ = 0;
}

}  // namespace dbgtrace::hooks::attach
