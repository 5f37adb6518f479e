# SPDX-License-Identifier: Apache-2.0
"""What the victims with programs/progress.h had done when they died, and what a recording must then
hold."""

import struct

from harness import require

THREADS, LEAKS, LEAK_BASE, CHURN_BASE = 4, 8191, 2001, 3001
PER_THREAD = 8 * (1 + LEAKS)


def read_progress(path):
    """The addresses of the leaks that each thread had counted when it died."""
    if not path.exists() or path.stat().st_size < THREADS * PER_THREAD:
        return [[] for _ in range(THREADS)]
    data = path.read_bytes()
    threads = []
    for thread in range(THREADS):
        (count,) = struct.unpack_from("<Q", data, thread * PER_THREAD)
        threads.append(struct.unpack_from(f"<{count}Q", data, thread * PER_THREAD + 8))
    return threads


def require_nothing_lost(recording, progress):
    sizes = {}
    for block in recording.live():
        sizes.setdefault(block.size, set()).add(block.address)
    for thread, addresses in enumerate(progress):
        live = sizes.get(LEAK_BASE + thread, set())
        missing = set(addresses) - live
        extra = live - set(addresses)
        require(
            not missing,
            f"thread {thread}: {len(missing)} of {len(addresses)} leaks are not in the file",
        )
        more = 1 if len(addresses) < LEAKS else 0
        require(
            len(extra) <= more,
            f"thread {thread}: {len(extra)} live blocks beyond its {len(addresses)} leaks",
        )
        churned = len(sizes.get(CHURN_BASE + thread, ()))
        require(churned <= 1, f"thread {thread}: {churned} freed blocks are live in the file")
