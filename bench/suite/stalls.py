# SPDX-License-Identifier: Apache-2.0
"""How long an allocation can wait while the disk is busy: a thread that allocates and times itself
beside writers that fsync, bare, recorded to their disk, and recorded to memory.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from suite.command import Command

WRITERS = 2
IN_MEMORY = pathlib.Path("/dev/shm")


class RecordedElsewhere:
    """A peer whose recordings lie in a folder of our choice."""

    chatty = False

    def __init__(self, peer, folder):
        self.peer, self.folder = peer, folder
        self.wrapper = peer.wrapper

    def settings(self, record):
        return self.peer.settings(self.folder or record)


@contextlib.contextmanager
def disk_load(programs, folder):
    writers = [
        subprocess.Popen([str(programs / "fsync_load"), str(folder / f"load-{number}")])
        for number in range(WRITERS)
    ]
    try:
        yield
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


def file_system_of(folder):
    asked = ["stat", "-f", "-c", "%T", str(folder)]
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip()


def measure_stalls(meter, peers, programs, seconds, rounds):
    """One dictionary a run: what the thread saw, which peer, where its recording lay."""
    by_name = {peer.name: peer for peer in peers}
    if "bare" not in by_name or "sampled" not in by_name:
        return []
    command = Command((str(programs / "stall"), str(seconds)), deterministic=False)
    disk = meter.folder.parent
    cases = [("bare", None, "none"), ("sampled", None, file_system_of(disk))]
    in_memory = None
    if os.access(IN_MEMORY, os.W_OK):
        in_memory = tempfile.mkdtemp(prefix="dbgtrace-bench-", dir=IN_MEMORY)
        cases.append(("sampled", in_memory, "tmpfs"))
    found = []
    for turn in range(rounds):
        for loaded in (False, True):
            load = disk_load(programs, disk) if loaded else contextlib.nullcontext()
            with load:
                for name, folder, place in cases:
                    sample = meter.run(command, RecordedElsewhere(by_name[name], folder))
                    if sample["status"] != 0:
                        continue
                    seen = json.loads((meter.folder / "stdout").read_text())
                    case = {"peer": name, "recording_on": place, "fsync_load": loaded}
                    found.append({**case, "round": turn, **seen})
    if in_memory is not None:
        shutil.rmtree(in_memory)
    return found
