# SPDX-License-Identifier: Apache-2.0
"""A process that is attached to loads a plugin afterwards, and so does a child that it forks then: what the plugin
allocates is in the recordings of both.

Catches: a module that is never looked for because nothing hooks dlopen; a child that looks by its parent's clock.
"""

import json
import os
import signal
import time

from harness import Recording, Skip, require, wait_for


def allocated_by_plugin(recording):
    sites = json.loads(recording.read("memory", "--json", "--by", "allocated", "--top", "1000"))["sites"]
    return sum(
        site["allocations"]
        for site in sites
        if any(frame.get("function") == "plugin_allocate" for frame in site["stack"])
    )


def check(bench):
    if os.uname().machine != "x86_64":
        raise Skip("attach is for x86-64")
    victim = bench.start("load_when_told", bench.program("plugin.so"), record=False)
    require(victim.stdout.readline() == b"ready\n", "the victim does not start")
    path = victim.folder / "out" / "parent.dbgt"
    if not bench.bare:
        bench.on_process("attach", victim.pid, "--out", str(victim.folder / "out" / "%p.dbgt"), "--sample", "1")
        path = victim.folder / "out" / f"{victim.pid}.dbgt"
        # The parent's clock is to be far ahead of the child's.
        wait_for(lambda: Recording(path, bench.reader).info()["samples"] > 300, "300 samples")
        time.sleep(1)
    os.kill(victim.pid, signal.SIGUSR1)
    result = bench.finish(victim)
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}{result.err}")
    if bench.bare:
        return
    recordings = result.recordings()
    require(len(recordings) == 2, f"recordings {[each.path.name for each in recordings]}")
    for recording in recordings:
        count = allocated_by_plugin(recording)
        # Until the first sample after the load nobody has looked, and that may take 20 ms.
        require(400 <= count <= 600, f"{recording.path.name}: {count} of 600 allocations of the plugin")
