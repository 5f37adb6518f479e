# SPDX-License-Identifier: Apache-2.0
"""DBGTRACE_DISABLE=1: loaded, but no file, no folder, no log. DBGTRACE_SAMPLE=0: crashes only.

Catches: a constructor that makes files or folders before it looks at the setting; samples at
interval 0.
"""

import pathlib

from harness import require


def check(bench):
    settings = {
        "DBGTRACE_DISABLE": "1",
        "DBGTRACE_OUT": "made/%e.%p.dbgt",
        "DBGTRACE_SIZE": "banana",
    }
    result = bench.same_as_bare("leak_blocks", 2000, 2003, settings=settings)
    left = sorted(str(path.relative_to(result.folder)) for path in result.folder.rglob("*"))
    require(left == ["home", "out"], f"left behind: {left}")
    result = bench.same_as_bare("leak_blocks", 2000, 2003, settings={"DBGTRACE_SAMPLE": "0"})
    for recording in result.recordings():
        require(not recording.live(), "live samples at interval 0")
    require(not result.log, f"{result.log}")
    require(not list(pathlib.Path(result.folder).glob("*.dbgt")), "a recording in the cwd")
