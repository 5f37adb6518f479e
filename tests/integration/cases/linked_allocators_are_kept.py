# SPDX-License-Identifier: Apache-2.0
"""A program linked with jemalloc, tcmalloc or mimalloc keeps it: same usable sizes, its own
functions, an exact record.

Catches: a next allocator that is always libc's, blocks that one allocator gave and another
frees.
"""

from harness import Skip, require

ALLOCATORS = {"on_jemalloc": "mallctl", "on_tcmalloc": "tc_malloc", "on_mimalloc": "mi_malloc"}


def check(bench):
    there = [name for name in ALLOCATORS if (bench.programs / name).exists()]
    if not there:
        raise Skip("neither jemalloc, tcmalloc nor mimalloc is installed")
    for name in there:
        result = bench.same_as_bare(name, ALLOCATORS[name])
        require(
            result.status == 0 and result.out.endswith("done\n"),
            f"{name}: {result.status} {result.out}",
        )
        if recording := result.recording():
            recording.require_live(s6001=100)
