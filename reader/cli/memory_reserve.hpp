// SPDX-License-Identifier: Apache-2.0
// Memory for the way out. When there is none left, std::bad_alloc leads to the command's one
// message; but on its way there destructors run that take some themselves, as those of a JSON value
// do, and one that gets none ends the process.
#pragma once

namespace dbgtrace::reader::cli {

// Kept from now to the end of the object, and let go at the first allocation that fails. That one
// fails all the same. One at a time.
class MemoryReserve {
 public:
  MemoryReserve();
  ~MemoryReserve();
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;
};

}  // namespace dbgtrace::reader::cli
