// SPDX-License-Identifier: Apache-2.0
// At a crash every loaded object is named in the recording, also those that no recorded stack
// touched: the reader maps registers to them and finds their symbols by build-id.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Step of the record. Signal-safety: yes. Allocates: never.
void keep_modules(Scene& scene);

}  // namespace dbgtrace::hooks::crash
