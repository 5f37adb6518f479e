# SPDX-License-Identifier: Apache-2.0
"""errno before and after each call of the malloc family, successful and failed, with every
allocation sampled.

Catches: a system call of the recorder (growth, file, clock) that leaves its errno behind; an
ENOMEM that is swallowed.
"""

from harness import require


def check(bench):
    for sample in ("1", "64K"):
        result = bench.same_as_bare("keep_errno", settings={"DBGTRACE_SAMPLE": sample})
        require((result.status, result.out) == (0, "0 surprises\n"), result.out)
    # Growth fails all the time here: the file may not pass 1 MiB of disk.
    point = bench.mount_tmpfs("1m")
    bench.same_as_bare("keep_errno", settings={"DBGTRACE_OUT": f"{point}/%e.%p.dbgt"})
