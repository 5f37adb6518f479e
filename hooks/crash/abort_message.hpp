// SPDX-License-Identifier: Apache-2.0
// What the process itself said of its end: the C library's last words (failed assertion, corrupt
// heap, smashed stack) and the exception that nobody caught.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Steps of the record: see scene.hpp. Signal-safety: yes. Allocates: never.
void keep_message(Scene& scene);

}  // namespace dbgtrace::hooks::crash
