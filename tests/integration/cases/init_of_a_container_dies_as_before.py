# SPDX-License-Identifier: Apache-2.0
"""The victim is process 1 of its own pid namespace, where signals that it sends itself are dropped
unless it has a handler, and where only a fault of the hardware kills.

Catches: a handler of ours that makes a dropped signal count; a last step that sends the signal once
more and waits for ever; abort() that no longer ends in the instruction that it ends in there; a pid
that is that of the namespace outside, whose /proc is still mounted.
"""

import os
import pathlib
import shutil

from harness import Skip, require

FAULTS = {
    "read-null": -11, "non-canonical": -11, "jump": -11, "divide": -8, "illegal": -4,
    "breakpoint": -5, "bus": -7, "stack": -11, "stack-in-thread": -11,
    "abort": -11, "assert": -11, "double-free": -11, "smash": -11,
}  # fmt: skip
DROPPED = ("4", "5", "6", "7", "8", "11", "31")


def check(bench):
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or unshare is None:
        raise Skip("needs root and unshare(1)")
    for way in (*FAULTS, *DROPPED):
        arguments = (pathlib.Path(unshare), "--pid", "--fork", bench.program("die_by"), way)
        bare = bench.run(*arguments, record=False)
        if "Operation not permitted" in bare.err:
            raise Skip("no pid namespace to be had here")
        recorded = bench.run(*arguments)
        bench.require_same(bare, recorded, f"as init: {way}")
        require(recorded.status == FAULTS.get(way, 99), f"{way}: {recorded.status}")
        if recording := recorded.recording("die_by.*"):
            kind = recording.state()["kind"]
            require(kind == ("crashed" if way in FAULTS else "exited"), f"{way}: {kind}")
            named = (recording.path.name, recording.info()["pid"])
            require(named == ("die_by.1.dbgt", 1), f"name and pid {named}")
        recorded.discard()
