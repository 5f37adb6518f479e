# SPDX-License-Identifier: Apache-2.0
"""The recording lies on a file system that is too small for it, of several sizes.

Catches: a write into a hole of a full disk (SIGBUS in the program), a growth that is not
reserved first, a loss that is neither counted nor told, a message for every failure.
"""

from harness import require_accounted


def check(bench):
    for size in ("64k", "256k", "512k", "1m", "2m", "8m"):
        for extra in ({}, {"DBGTRACE_CRASH": "0"}):
            point = bench.mount_tmpfs(size)
            settings = {"DBGTRACE_OUT": f"{point}/%e.%p.dbgt", **extra}
            result = bench.same_as_bare("leak_blocks", 20000, 2003, settings=settings)
            (result.folder / "out").rmdir()
            (result.folder / "out").symlink_to(point)
            require_accounted(result, s2003=20000, s2004=0)
