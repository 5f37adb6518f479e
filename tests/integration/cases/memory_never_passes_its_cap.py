# SPDX-License-Identifier: Apache-2.0
"""Every allocation recorded, of a quarter of a million call stacks and of millions of blocks that stay: what the process has
resident beyond the bare run, the file's pages counted in, stays below DBGTRACE_SIZE, and all allocations are in the totals.

Catches: a table beside the file that grows with the program; stacks that are dropped where they should be folded.
"""

from harness import require

MIB = 1024  # in KiB


def check(bench):
    depth, each = (18, 16) if not bench.quick else (18, 4)
    bare = bench.run("many_stacks", depth, each, record=False)
    for size, cap_mib in (("50M", 50), ("16M", 16)):
        recorded = bench.run("many_stacks", depth, each, settings={"DBGTRACE_SIZE": size}, timeout=120)
        require((bare.status, recorded.status) == (0, 0), f"{recorded.status}: {recorded.err}")
        added_mib = (int(recorded.out) - int(bare.out)) / MIB
        require(added_mib <= cap_mib, f"{size}: {added_mib:.1f} MiB more are resident")
        if not (recording := recorded.recording()):
            return
        totals = recording.memory()["totals"]
        leaked = each << depth
        # The program's own output and start-up allocate a little more.
        require(
            leaked <= totals["allocations"] <= leaked + 1000,
            f"{size}: {totals['allocations']} allocations instead of {leaked}",
        )
        lost = recording.info()["lost"]
        require(lost.get("site_table_full", 0) + lost.get("sites_folded", 0) > 0, f"{size}: not a word of what did not fit: {lost}")
        recorded.discard()
