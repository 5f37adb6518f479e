# SPDX-License-Identifier: Apache-2.0
"""RLIMIT_FSIZE from 0 up, RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK 0, a stack of 128 KiB: from
before the start.

Catches: a fallocate past RLIMIT_FSIZE (deadly SIGXFSZ), a log line that is written past it,
tables that do not fit the address space and fail the program, a recorder that needs a deep
stack.
"""

import resource

from harness import require, require_accounted


def check_limit(bench, limit, value, can_log=True):
    result = bench.same_as_bare(
        "leak_blocks", 20000, 2003, setup=lambda: resource.setrlimit(limit, (value, value))
    )
    require(
        result.status == 0 and result.out == "leaked 20000 blocks\n",
        f"limit {limit} {value}: {result.out!r}",
    )
    if can_log:
        require_accounted(result, s2003=20000, s2004=0)
    for recording in result.recordings():
        size = recording.path.stat().st_size
        recording.info()
        if limit == resource.RLIMIT_FSIZE:
            require(size <= value, f"{size} bytes under a limit of {value}")


def check(bench):
    kib, mib = 1 << 10, 1 << 20
    check_limit(bench, resource.RLIMIT_FSIZE, 0, can_log=False)
    for value in (4 * kib, 100 * kib, mib, 3 * mib, 20 * mib, 49 * mib):
        check_limit(bench, resource.RLIMIT_FSIZE, value)
    check_limit(bench, resource.RLIMIT_AS, 1024 * mib)
    check_limit(bench, resource.RLIMIT_AS, 128 * mib)
    check_limit(bench, resource.RLIMIT_DATA, 128 * mib)
    check_limit(bench, resource.RLIMIT_STACK, 128 * kib)
    check_limit(bench, resource.RLIMIT_MEMLOCK, 0)
