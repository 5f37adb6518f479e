# SPDX-License-Identifier: Apache-2.0
"""The disk is filled by the program itself after its recording began, and freed again later.

Catches: space that was mapped but never reserved, given away to the filler, and touched
afterwards (SIGBUS).
"""

from harness import require, require_accounted


def check(bench):
    for size in ("1m", "8m", "64m"):
        point = bench.mount_tmpfs(size)
        result = bench.same_as_bare(
            "fill_the_disk", point, settings={"DBGTRACE_OUT": f"{point}/%e.%p.dbgt"}
        )
        require(result.out == "before\nunharmed\n", f"{size}: {result.out!r}")
        (result.folder / "out").rmdir()
        (result.folder / "out").symlink_to(point)
        require_accounted(result, s2001=1000, s2003=20000, s2005=1000)
