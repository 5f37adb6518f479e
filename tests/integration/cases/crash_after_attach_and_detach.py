# SPDX-License-Identifier: Apache-2.0
"""A program that lives with faults of its own is attached to, left, attached to again, and then dies of one.

Catches: an action that is translated twice or not given back, so that a fault passes the program's handler by; a
black box that writes into the recording that has ended; a death while nobody is attached that is no longer the same.
"""

import json
import os
import signal

from harness import Recording, Skip, require, wait_for


def check(bench):
    if os.uname().machine != "x86_64":
        raise Skip("attach is for x86-64")
    if bench.bare:
        raise Skip("nothing to attach")
    for attached_at_the_end in (True, False):
        one_life(bench, attached_at_the_end)


def one_life(bench, attached_at_the_end):
    victim = bench.start("fault_when_told", record=False)
    require(victim.stdout.readline() == b"ready\n", "the victim does not start")
    paths = [victim.folder / "out" / f"{number}.dbgt" for number in range(2)]

    def ask():
        os.kill(victim.pid, signal.SIGUSR1)
        said = victim.stdout.readline()
        require(said == b"each handled\n", f"of its own faults: {said}")

    ask()
    for number, path in enumerate(paths):
        bench.on_process("attach", victim.pid, "--out", str(path), "--sample", "16K", "--size", "2M")
        wait_for(lambda: Recording(path, bench.reader).info()["samples"] > 3, "samples")
        ask()
        if number == 0 or not attached_at_the_end:
            bench.on_process("detach", victim.pid)
            ask()
    os.kill(victim.pid, signal.SIGUSR2)
    result = bench.finish(victim)
    require(result.status == -signal.SIGSEGV, f"status {result.status} {result.out}{result.err}")
    expected = ["detached", "crashed" if attached_at_the_end else "detached"]
    for path, kind in zip(paths, expected):
        recording = Recording(path, bench.reader)
        require(recording.state().get("kind") == kind, f"{path.name}: {recording.state()}, not {kind}")
        crashes = json.loads(recording.read("crash", "--json"))["crashes"]
        require(len(crashes) == (kind == "crashed"), f"{path.name}: {len(crashes)} crashes")
        for crash in crashes:
            functions = [frame.get("function") for frame in crash["thread"]["stack"]]
            require(crash["class"] == "null-dereference" and functions[:1] == ["write_nowhere"], f"{crash['summary']}")
