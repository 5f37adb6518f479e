# SPDX-License-Identifier: Apache-2.0
"""A process copied by a bare clone, that no fork handler hears of; and a CLONE_VM child, which is
the same heap.

Catches: a copied address space that goes on writing into its parent's shared mapping; a CLONE_VM
child taken for a copy.
"""

from harness import require


def check(bench):
    for way in ("syscall", "clone"):
        result = bench.same_as_bare("raw_clone", way, 500)
        require(result.out == "child's status 7\n", f"{way}: {result.out}")
        if parent := result.recording(f"raw_clone.{result.pid}") if not bench.bare else None:
            parent.require_live(s41000=1000, s43000=0)
            require(
                "size=43000" not in parent.dump(),
                f"{way}: the child's events are in the parent's file",
            )
            others = [each for each in result.recordings() if each.path != parent.path]
            require(len(others) == 1, f"{way}: {len(others)} recordings of the child")
            others[0].require_live(s43000=500)
    result = bench.same_as_bare("raw_clone", "vm", 500)
    if recording := result.recording():
        recording.require_live(s41000=1000, s43000=500)
