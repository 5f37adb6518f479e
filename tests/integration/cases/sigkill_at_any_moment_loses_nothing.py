# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments of a process whose four threads leak and churn, at sampling interval 1.

Catches: a record that is buffered outside the mapped file, or published after malloc returned; a
block half written that makes the file unreadable; a free that is recorded late (its block still
live); a recording that claims another end.
"""

import random
import time

from harness import require
from progress import read_progress, require_nothing_lost


def check(bench):
    longest, with_leaks = 0, 0
    for number in range(bench.count(500, 60)):
        moment = random.Random(number).uniform(0, 0.12)
        process = bench.start("leak_until_killed", "progress")
        time.sleep(moment)
        process.kill()
        result = bench.finish(process)
        progress = read_progress(result.folder / "progress")
        counted = sum(map(len, progress))
        where = f"kill {number} after {moment * 1000:.1f} ms, {counted} leaks"
        require(
            result.status == -9 and result.out == "",
            f"{where}: status {result.status}, output {result.out!r}",
        )
        longest = max(longest, counted)
        with_leaks += counted > 0
        if not bench.bare:
            recordings = result.recordings()
            require(len(recordings) <= 1, f"{where}: {len(recordings)} recordings")
            require(recordings or counted == 0, f"{where}: no recording")
            for recording in recordings:
                state = recording.state()
                require(state.get("kind") == "killed", f"{where}: state {state}")
                recording.dump()
                require_nothing_lost(recording, progress)
        result.discard()
    require(
        with_leaks > 20 and longest > 500,
        f"the kills came too early: {with_leaks} had leaks, {longest} at most",
    )
