# SPDX-License-Identifier: Apache-2.0
"""Allocations in thread_local destructors and in every round of pthread key destructors.

Catches: per-thread state that is torn down before the thread's last allocation (crash, loss, or
a leak of ours a thread).
"""

from harness import require


def check(bench):
    threads = bench.count(2000, 400)
    result = bench.same_as_bare("thread_exit_allocates", threads)
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}")
    if recording := result.recording():
        # The C library grants four rounds; what the last one set stays.
        recording.require_live(s2001=threads, s2003=4 * threads, s3001=0, s3003=0, s3005=threads)
