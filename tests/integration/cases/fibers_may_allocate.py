# SPDX-License-Identifier: Apache-2.0
"""Sixty-four fibers on stacks of 16 KiB, with blocks that one allocates and another frees.

Catches: a hook that needs more stack than a small fiber has, a stack walk that trusts the
thread's stack limits or a memo of another stack (fault), per-thread state that a switch
confuses.
"""

from harness import require


def check(bench):
    steps = bench.count(500, 100)
    result = bench.same_as_bare("fibers", steps)
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}")
    if recording := result.recording():
        recording.require_live(s2001=64 * steps)
        require(recording.live_counts()[3001] <= 64, "blocks that another fiber freed are live")
