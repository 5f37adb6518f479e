# SPDX-License-Identifier: Apache-2.0
"""A program grows in a control group of little memory until the kernel kills it; the recording lies elsewhere.

Catches: a limit, or a count of kills, that is not read where the system has it; a verdict that leaves open what the
control group says plainly; a charge of the recorder's own that kills the program earlier.
"""

import json
import os
import pathlib

from harness import Skip, require

LIMIT = 48 << 20


def new_group():
    """(folder, name of the file with the limit) of a group of its own; both versions of the interface."""
    root = pathlib.Path("/sys/fs/cgroup")
    old = (root / "memory").is_dir()
    folder = (root / "memory" if old else root) / f"dbgtrace_test.{os.getpid()}"
    try:
        if not old:
            (root / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
    except OSError as error:
        raise Skip(f"no control group to be had here: {error.strerror}") from None
    limit = folder / ("memory.limit_in_bytes" if old else "memory.max")
    if not limit.exists():
        folder.rmdir()
        raise Skip("control groups here have no memory limit")
    return folder, limit


def check(bench):
    folder, limit = new_group()
    try:
        limit.write_text(str(LIMIT))
        swap = folder / "memory.swap.max"
        if swap.exists():
            swap.write_text("0")

        def enter():
            (folder / "cgroup.procs").write_text("0")

        result = bench.same_as_bare("leak_blocks", 100000, 4000, setup=enter)
        require(result.status == -9, f"not killed: {result.status} {result.out}")
        if recording := result.recording("leak_blocks.*"):
            death = json.loads(recording.read("crash", "--json"))["death"]
            require(death.get("class") == "out-of-memory", f"{death}")
            require(death.get("memory_limit") == LIMIT, f"limit {death.get('memory_limit')}")
            # The bare run was killed before this one began.
            require(death.get("oom_kills") == 1, f"{death.get('oom_kills')} kills")
    finally:
        folder.rmdir()
