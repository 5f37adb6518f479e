// SPDX-License-Identifier: Apache-2.0
// The heap's part in a crash: which sampled block, live or freed a moment ago, the fault address,
// each register and each stack word points into, or closely behind. Nobody else can say it: "24
// bytes into a block of 64 that Session::close freed 3 ms ago".
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Step of the record. Signal-safety: yes. Allocates: never.
void keep_heap_context(Scene& scene);

}  // namespace dbgtrace::hooks::crash
