// SPDX-License-Identifier: Apache-2.0
// The record of the other threads: asked right behind the head, so that they stop at once; what
// they answered is kept last, when all of value is there.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Steps of the record. Signal-safety: yes. Allocates: never. Nothing where system calls are
// forbidden, in a vfork child, or where the process goes on to its exit handlers.
void ask_threads(Scene& scene);
void keep_threads(Scene& scene);

}  // namespace dbgtrace::hooks::crash
