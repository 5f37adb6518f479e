# SPDX-License-Identifier: Apache-2.0
"""Much more history than fits, at several DBGTRACE_SIZE.

Catches: a file larger than its cap, by length or by blocks on disk; a full part that harms the
program; a cut that is not counted; a file that is no longer readable once it is full.
"""

from harness import require


def check(bench):
    for size, limit in (("1M", 1 << 20), ("2M", 2 << 20), ("8M", 8 << 20)):
        result = bench.same_as_bare("leak_blocks", 60000, 104, settings={"DBGTRACE_SIZE": size})
        if recording := result.recording():
            status = recording.path.stat()
            require(status.st_size <= limit, f"{size}: the file has {status.st_size} bytes")
            require(
                status.st_blocks * 512 <= limit,
                f"{size}: the file takes {status.st_blocks * 512} bytes of disk",
            )
            info = recording.info()
            recording.dump()
            live = recording.live_counts()[104]
            told = recording.lost() > 0 or info.get("exact_until") is not None
            require(
                live == 60000 or told,
                f"{size}: {live} of 60000 live blocks, and no word of a loss: {info}",
            )
            totals = recording.memory()["totals"]
            share = totals["live_bytes"] / (60000 * 104)
            require(
                0.8 < share < 1.25, f"{size}: live bytes are estimated {share:.2f} times the truth"
            )
