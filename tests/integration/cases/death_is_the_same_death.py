# SPDX-License-Identifier: Apache-2.0
"""Faults of every kind, aborts of the C library, and signals from outside: same wait status, same
words on stderr.

Catches: a crash handler that turns one signal into another, exits instead, hangs, prints, or
runs for signals that are none of its business; leaks from before the death that are lost.
"""

import signal

from harness import require

CRASHES = (4, 5, 6, 7, 8, 11, 31)

WAYS = {
    "read-null": -11, "write-wild": -11, "non-canonical": -11, "jump": -11,
    "stack": -11, "stack-in-thread": -11,
    "divide": -8, "illegal": -4, "breakpoint": -5, "bus": -7,
    "abort": -6, "assert": -6, "double-free": -6, "invalid-free": -6,
    "realloc-overrun": -6, "smash": -6,
    "1": -1, "2": -2, "3": -3, "6": -6, "8": -8, "9": -9, "10": -10, "11": -11,
    "13": -13, "14": -14, "15": -15,
    "24": -24, "25": -25, "31": -31, "34": -34, "64": -64,
}  # fmt: skip


def check(bench):
    for way, status in WAYS.items():
        for settings in ({}, {"DBGTRACE_CRASH": "0"}):
            result = bench.same_as_bare("die_by", way, settings=settings)
            require(
                result.status == status,
                f"{way}: status {result.status}, not {status}: {result.out}{result.err}",
            )
            if recording := result.recording():
                recording.require_live(s2001=100)
                state = recording.state()
                # Without crash capture a death by signal is seen from outside only.
                crashed = not settings and -status in CRASHES
                expected = "crashed" if crashed else "killed"
                require(state.get("kind") == expected, f"{way} {settings}: {state}, not {expected}")
                name = signal.Signals(-status).name if crashed else None
                require(state.get("signal") == name, f"{way} {settings}: {state}, not {name}")
