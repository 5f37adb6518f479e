# SPDX-License-Identifier: Apache-2.0
"""dlopen and dlclose of a plugin that allocates, over and over, while two threads allocate.

Catches: a stack walk that reads an unloaded module, a lock shared with the loader (hang), a
dlerror message that is ours or that we took away.
"""

from harness import require


def check(bench):
    loads = bench.count(3000, 400)
    result = bench.same_as_bare("plugin_loop", bench.program("plugin.so"), loads, timeout=60)
    require(
        (result.status, result.out) == (0, "done, dlerror none\n"), f"{result.status} {result.out}"
    )
    if recording := result.recording():
        recording.require_live(s7001=0, s7003=loads, s7005=0, s7007=0, s7009=0, s3001=0)
