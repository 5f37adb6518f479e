# SPDX-License-Identifier: Apache-2.0
"""Ten thousand threads that live for one leak, on the smallest stacks that the system grants.

Catches: memory or file space of ours that is kept per thread that ever lived, a thread exit that
drops the last events, a hook too deep for PTHREAD_STACK_MIN, a first allocation that is not
recorded.
"""

from harness import require


def check(bench):
    threads = bench.count(10000, 2000)
    result = bench.same_as_bare("thread_storm", threads, timeout=60)
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}")
    if recording := result.recording():
        recording.require_live(s2001=threads, s3001=0)
