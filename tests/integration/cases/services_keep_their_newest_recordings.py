# SPDX-License-Identifier: Apache-2.0
"""The life of a service's recordings: DBGTRACE_KEEP keeps the newest of a program, `%t` and a file
that is removed in mid-run change nothing for the program, and many that only wait have room.

Catches: a crashed or running recording that is removed, one of another program, a running one
that is taken for dead since its pid is not the newest, a killed one that is kept for ever, a
folder that is full of the room that idle processes never take.
"""

import os
import re
import signal
import subprocess
import time

from harness import require, wait_for


def names(result_or_folder):
    folder = getattr(result_or_folder, "folder", result_or_folder)
    return sorted(path.name for path in (folder / "out").glob("*.dbgt"))


def kept(bench, folder, keep, program="leak_blocks", arguments=(50, 2003), **settings):
    settings = {"DBGTRACE_KEEP": str(keep), **settings}
    process = bench.start(program, *arguments, folder=folder, settings=settings)
    return bench.finish(process)


def newest_stay(bench):
    folder = bench.new_folder()
    pids = [kept(bench, folder, 3).pid for _ in range(6)]
    require(
        names(folder) == sorted(f"leak_blocks.{pid}.dbgt" for pid in pids[-3:]),
        f"KEEP=3 after 6 runs {pids}: {names(folder)}",
    )
    # Another program in the same folder has a count of its own.
    kept(bench, folder, 1, "fibers", (2,))
    require(
        len([each for each in names(folder) if each.startswith("leak_blocks")]) == 3,
        f"another program removed some: {names(folder)}",
    )
    # Off: all stay.
    for _ in range(3):
        kept(bench, folder, 0)
    require(len([each for each in names(folder) if each.startswith("leak_blocks")]) == 6, folder)
    kept(bench, folder, 1)
    require(
        len([each for each in names(folder) if each.startswith("leak_blocks")]) == 1,
        f"KEEP=1: {names(folder)}",
    )


def crashed_and_running_stay(bench):
    folder = bench.new_folder()
    settings = {"DBGTRACE_KEEP": "1"}
    crashed = [kept(bench, folder, 1, "die_by", ("read-null",)).pid for _ in range(4)]
    require(len(names(folder)) == 4, f"four crashes of one program: {names(folder)}")
    progress = folder / "progress"
    progress.write_bytes(b"\0" * 65536)
    running = bench.start("leak_until_killed", progress, folder=folder, settings=settings)
    own = f"leak_until_killed.{running.pid}.dbgt"
    wait_for(lambda: own in names(folder), "the recording of the running process")
    second = bench.start("leak_until_killed", progress, folder=folder, settings=settings)
    later = f"leak_until_killed.{second.pid}.dbgt"
    wait_for(lambda: later in names(folder), "the recording of the second process")
    time.sleep(0.2)
    require(own in names(folder), "the recording of a running process was removed")
    # A killed process ends its recording without a word.
    running.send_signal(signal.SIGKILL)
    bench.finish(running)
    third = bench.start("leak_until_killed", progress, folder=folder, settings=settings)
    wait_for(lambda: own not in names(folder), "the end of the killed one's recording")
    require(later in names(folder), f"the running one went with it: {names(folder)}")
    for process in (second, third):
        process.send_signal(signal.SIGKILL)
        bench.finish(process)
    for pid in crashed:
        require(f"die_by.{pid}.dbgt" in names(folder), f"a crash was removed: {names(folder)}")


def rotation_is_safe(bench):
    folder = bench.new_folder()
    settings = {"DBGTRACE_OUT": str(folder / "out/%e-%t.dbgt")}
    process = bench.start("leak_blocks", 50, 2003, folder=folder, settings=settings)
    result = bench.finish(process)
    require(
        len(names(folder)) == 1 and re.fullmatch(r"leak_blocks-\d{10}\.dbgt", names(folder)[0]),
        f"%t: {names(folder)}",
    )
    require(result.status == 0, f"%t: {result.status}")
    # Somebody removes the file, and with it the folder: the program goes on and makes no other.
    progress = folder / "progress"
    progress.write_bytes(b"\0" * 65536)
    process = bench.start("leak_until_killed", progress, folder=folder)
    own = folder / "out" / f"leak_until_killed.{process.pid}.dbgt"
    wait_for(own.exists, "the recording")
    own.unlink()
    time.sleep(0.3)
    require(process.poll() is None, f"removed in mid-run: the program ended: {process.poll()}")
    require(not own.exists(), "removed in mid-run: it came back")
    os.killpg(process.pid, signal.SIGKILL)
    require(bench.finish(process).status == -signal.SIGKILL, "removed in mid-run: another end")


def idle_processes_take_no_room(bench):
    """Thirty processes that wait, with room for two full recordings: the next is recorded."""
    folder = bench.new_folder()
    settings = {"DBGTRACE_TOTAL": "8M", "DBGTRACE_SIZE": "4M", "DBGTRACE_SAMPLE": "512K"}
    sleepers = [
        subprocess.Popen(
            ["/bin/sleep", "60"],
            env=bench.environment(folder, bench.preload(), settings),
            start_new_session=True,
        )
        for _ in range(30)
    ]
    try:
        wait_for(lambda: len(names(folder)) >= 20, "recordings of processes that wait")
        busy = {**settings, "DBGTRACE_SAMPLE": "1"}
        process = bench.start("leak_blocks", 300, 2003, folder=folder, settings=busy)
        result = bench.finish(process)
        require(
            f"leak_blocks.{result.pid}.dbgt" in names(folder),
            f"not recorded beside idle ones: {result.log}",
        )
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


def check(bench):
    if bench.bare:
        return
    newest_stay(bench)
    crashed_and_running_stay(bench)
    rotation_is_safe(bench)
    idle_processes_take_no_room(bench)
