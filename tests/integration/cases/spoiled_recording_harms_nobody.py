# SPDX-License-Identifier: Apache-2.0
"""The recording is deleted or cut while the program runs, in each way of dealing with SIGBUS.

Catches: a recorder that needs the path of its file after the start; a deleted file that is made again
behind the back of who deleted it; a SIGBUS of ours that kills the program or reaches its handler, or
a bus error of its own that does not.
"""

from harness import require


def check(bench):
    for what in ("delete", "truncate", "shorten"):
        for sigbus in ("none", "owned", "once", "blocked", "ignored"):
            for settings in (
                {},
                {"DBGTRACE_CRASH": "0"},
                {"DBGTRACE_SAMPLE": "64K"},
                {"DBGTRACE_SAMPLE": "64K", "DBGTRACE_CRASH": "0"},
            ):
                spoil(bench, what, sigbus, settings)


def spoil(bench, what, sigbus, settings):
    folder = bench.new_folder()
    arguments = ("spoil_recording", what, folder / "out", sigbus)
    bare = bench.run(*arguments, record=False, settings=settings, folder=folder)
    require(bare.status == 0 and bare.out == "unharmed\n", f"bare: {bare.status} {bare.out}")
    recorded = bench.run(*arguments, settings=settings, folder=folder)
    bench.require_same(bare, recorded, f"{what} {sigbus} {settings}")
    if what == "delete":
        require(
            not recorded.recordings(), f"{settings}: a recording that was deleted is there again"
        )
    elif not bench.bare:
        require(len(recorded.log) == 1, f"{what} {sigbus} {settings}: log {recorded.log}")
    require(len(recorded.log) <= 2, f"{what} {sigbus} {settings}: {recorded.log}")
    recorded.discard()
