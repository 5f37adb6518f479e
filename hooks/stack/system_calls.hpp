// SPDX-License-Identifier: Apache-2.0
// Whether the recorder may enter the kernel: not any more once the program has sandboxed itself,
// since a seccomp filter may kill the process for a call that the program never makes.
#pragma once

#include <cstdint>

namespace dbgtrace::hooks::stack {

enum class SystemCalls : uint8_t { kForbidden, kAllowed };

}  // namespace dbgtrace::hooks::stack
