# SPDX-License-Identifier: Apache-2.0
"""Thousands of forks while three other threads allocate; each child allocates, starts a thread, and
leaves in two ways.

Catches: a child that waits for a lock of a thread which it does not have (hang), a child that
writes into its parent's file, a parent that loses or doubles events around fork, children that
do not record.
"""

from harness import require


def check(bench):
    forks = bench.count(2000, 200)
    settings = {"DBGTRACE_SIZE": "1M", "DBGTRACE_TOTAL": "8G"}
    result = bench.run(
        "fork_under_threads", forks, settings=settings, timeout=60 + forks / 2
    )
    require(
        (result.status, result.out) == (0, f"{forks} forks, 0 failed\n"),
        f"{result.status} {result.out}{result.err}",
    )
    if parent := result.recording(f"fork_under_threads.{result.pid}"):
        sizes = parent.live_counts()
        require(sizes[41000] == forks, f"{sizes[41000]} of {forks} leaks of the parent")
        require(sizes[41001] == 0, f"{sizes[41001]} freed blocks of the parent are live")
        require(sizes[43000] == sizes[43001] == 0, "a child's blocks are live in the parent's file")
        dump = parent.dump()
        require(
            "size=43000" not in dump and "size=43001" not in dump,
            "a child's events are in the parent's file",
        )
        require(parent.state().get("kind") == "exited", f"state {parent.state()}")

        children = [each for each in result.recordings() if each.path != parent.path]
        require(
            len(children) == forks,
            f"{len(children)} recordings of {forks} children; log {result.log[:3]}",
        )
        for child in children[:: max(1, forks // 25)]:
            sizes = child.live_counts()
            require(
                sizes[43000] == 2, f"{child.path.name}: {sizes[43000]} of the child's two leaks"
            )
            require(sizes[43001] == 0, f"{child.path.name}: {sizes[43001]} freed blocks are live")
