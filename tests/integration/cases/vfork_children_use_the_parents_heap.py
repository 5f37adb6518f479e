# SPDX-License-Identifier: Apache-2.0
"""vfork children allocate and free before they exec, in the heap that they share with their parent.

Catches: a hook that goes by the pid: the child's frees not taken out of the parent's live set
(then a later malloc of the parent returns an address that is still live), its leaks missing; a
file made by a vfork child; a parent marked exec'd.
"""

from harness import require


def check(bench):
    children = bench.count(10000, 1000)
    settings = {"DBGTRACE_CHILDREN": "fork"}
    result = bench.run("vfork_exec", children, "/bin/true", settings=settings, timeout=120)
    require(
        (result.status, result.out) == (0, f"{children} children, 0 failed\n"),
        f"{result.status} {result.out}",
    )
    if recording := result.recording():
        recording.require_live(s51000=0, s52000=children // 10, s53000=0, s54000=0)
        live = sum(block.size for block in recording.live())
        total = recording.memory()["totals"]["live_bytes"]
        require(total == live, f"memory says {total} live bytes, dump --live {live}")
        require(recording.state().get("kind") == "exited", f"state {recording.state()}")
