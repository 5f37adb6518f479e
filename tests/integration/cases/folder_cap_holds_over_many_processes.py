# SPDX-License-Identifier: Apache-2.0
"""A thousand short processes, two at a time, into one folder with DBGTRACE_TOTAL=4M, the first of which crashed.

Catches: a folder that grows past its cap, a process that is harmed when its folder is full or
its file is removed by another, a cap that is kept by not recording at all, a crash that is removed.
"""

import concurrent.futures

from harness import require


def used_bytes(folder):
    total = 0
    for path in folder.glob("*.dbgt"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def check(bench):
    folder = bench.new_folder()
    settings = {"DBGTRACE_TOTAL": "4M", "DBGTRACE_SIZE": "1M"}
    most = 0
    crash = bench.run("die_by", "read-null", settings=settings, folder=folder)

    def one(_):
        process = bench.start("leak_blocks", 400, 2003, settings=settings, folder=folder)
        return bench.finish(process)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for result in pool.map(one, range(bench.count(1000, 100))):
            said = (result.status, result.out, result.err)
            require(said == (0, "leaked 400 blocks\n", ""), f"{said}")
            most = max(most, used_bytes(folder / "out"))
            require(most <= 4 << 20, f"the folder holds {most} bytes")
    if not bench.bare:
        (crashed,) = result.recordings("die_by.*")
        require(crashed.path.name == f"die_by.{crash.pid}.dbgt", f"{crashed.path.name}")
        require(crashed.state()["kind"] == "crashed", f"{crashed.state()}")
        kept = result.recordings("leak_blocks.*")
        require(len(kept) >= 2, f"{len(kept)} recordings kept of at most 4 MiB")
        require(
            any(each.path.name == f"leak_blocks.{result.pid}.dbgt" for each in kept),
            "the newest is not recorded",
        )
        for each in kept:
            each.require_live(s2003=400)
