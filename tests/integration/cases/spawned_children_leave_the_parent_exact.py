# SPDX-License-Identifier: Apache-2.0
"""posix_spawn, system and popen of a shell that runs recorded programs.

Catches: output of ours in a pipe that the parent reads, a child's exit status that changes, a
parent that is marked exec'd or loses events, a spawned program that is not recorded.
"""

from harness import require


def check(bench):
    for way in ("posix_spawn", "system", "popen"):
        command = f"{bench.program('leak_blocks')} 20 43000; exit 5"
        result = bench.same_as_bare("spawn_children", way, command, 20)
        require(result.out.count(f"status {5 << 8}\n") == 20, f"{way}: {result.out!r}")
        if recording := result.recording("spawn_children.*"):
            recording.require_live(s41000=20, s43000=0)
            require(
                "size=43000" not in recording.dump(),
                f"{way}: a child's events are in the parent's file",
            )
            require(recording.state().get("kind") == "exited", f"{way}: {recording.state()}")
            spawned = result.recordings("leak_blocks.*")
            require(len(spawned) == 20, f"{way}: {len(spawned)} recordings of 20 spawned programs")
            spawned[0].require_live(s41000=0, s43000=20)
