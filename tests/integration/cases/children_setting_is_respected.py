# SPDX-License-Identifier: Apache-2.0
"""DBGTRACE_CHILDREN=all, fork and none, with one child that stays in the program and one that execs
another.

Catches: a child that records against the setting, one that does not although it should, a parent
that the setting hits.
"""

from harness import require

# setting: (recordings of the program with a child's leaks, recordings of the exec'd program)
EXPECTED = {"all": (1, 1), "fork": (1, 0), "none": (0, 0), None: (1, 1)}


def check(bench):
    for setting, (forked, executed) in EXPECTED.items():
        result = bench.same_as_bare(
            "fork_and_exec",
            bench.program("leak_blocks"),
            50,
            45000,
            settings={"DBGTRACE_CHILDREN": setting},
        )
        if bench.bare:
            continue
        result.recording(f"fork_and_exec.{result.pid}").require_live(s41000=100, s43000=0, s45000=0)
        counts = [each.live_counts() for each in result.recordings()]
        found = sum(each[43000] == 100 for each in counts), sum(
            each[45000] == 50 for each in counts
        )
        names = [each.path.name for each in result.recordings()]
        require(
            found == (forked, executed),
            f"{setting}: forked, executed {found}, not {(forked, executed)}; {names}",
        )
        if setting == "none":
            require(len(names) == 1, f"none: {names}")
