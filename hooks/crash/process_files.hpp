// SPDX-License-Identifier: Apache-2.0
// What procfs and the kernel say of the dying process, kept as they say it: the reader parses. And
// how files are opened in a process that has no descriptor left.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Steps of the record. Signal-safety: yes. Allocates: never. Nothing where system calls are
// forbidden.
void keep_maps(Scene& scene);
void keep_process(Scene& scene);

// Opens for reading; where the limit of descriptors is reached, that is raised, or one is given up
// in a table of this thread's own. Only in a process that dies next (scene.freezes).
long open_at_the_end(const Scene& scene, const char* path, int flags);

}  // namespace dbgtrace::hooks::crash
