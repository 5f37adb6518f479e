# SPDX-License-Identifier: Apache-2.0
"""`dbgtrace run` without --out: the program's recording lies in the working directory, those of its
forked and exec'd children in the default folder; --only records processes of one name.

Catches: a child that follows its parent into the working directory, also one of a nested `run`;
a recording that goes nowhere; --only that loses the right process or keeps a wrong one.
"""

import pathlib

from harness import require


def launch(bench, *words, settings=None):
    """Runs `dbgtrace run WORDS` in a folder of its own; returns it and what lies here and there."""
    settings = {"DBGTRACE_OUT": None, "DBGTRACE_LIB": str(bench.lib), **(settings or {})}
    result = bench.run(
        pathlib.Path(bench.reader), "run", *words, record=False, settings=settings
    )
    require(result.status == 0, f"run {words}: status {result.status}: {result.err}")
    require(not result.log, f"run {words}: {result.log}")

    def names(folder):
        return sorted(path.name for path in folder.glob("*.dbgt"))

    return result, names(result.folder), names(result.folder / "home/.local/state/dbgtrace")


def check(bench):
    if bench.bare:
        return
    program = bench.program("fork_and_exec")
    command = (program, bench.program("leak_blocks"), 50, 45000)
    result, here, there = launch(bench, "--", *command)
    require(
        len(here) == 1 and here[0].startswith("fork_and_exec.") and here[0] not in there,
        f"in the working directory: {here}",
    )
    require(
        sorted(name.split(".")[0] for name in there if name.startswith("leak")) == ["leak_blocks"]
        and any(name.startswith("fork_and_exec") for name in there),
        f"in the default folder: {there}",
    )

    # The command becomes the program, which keeps its pid.
    result, here, there = launch(bench, "--exec", "--", *command)
    require(here == [f"fork_and_exec.{result.pid}.dbgt"], f"--exec: {here}")
    require(here[0] not in there and len(there) >= 2, f"--exec, default folder: {there}")

    # A place that was named is for all of them.
    result, here, there = launch(bench, "--out", "%e.%p.dbgt", "--", *command)
    require(len(here) >= 3 and not there, f"--out: {here}, default folder: {there}")

    # A run within a run: each records its own program here.
    inner = (bench.reader, "run", "--", bench.program("leak_blocks"), 50, 45000)
    result, here, there = launch(bench, "--", program, *inner)
    names = sorted(name.split(".")[0] for name in here)
    require(names == ["fork_and_exec", "leak_blocks"], f"nested: {here}")

    result, here, there = launch(bench, "--only", "leak_blocks", "--", *command)
    require(not here, f"--only leak_blocks: in the working directory: {here}")
    require(
        len(there) == 1 and there[0].startswith("leak_blocks"),
        f"--only leak_blocks: in the default folder: {there}",
    )
