# SPDX-License-Identifier: Apache-2.0
"""The recording is deleted while the program runs.

Catches: a recorder that needs the path of its file after the start; a deleted file that is made again behind the back of who deleted it.
"""

from harness import require


def check(bench):
    for what in ("delete",):
        for settings in ({}, {"DBGTRACE_CRASH": "0"}):
            folder = bench.new_folder()
            bare = bench.run(
                "spoil_recording",
                what,
                folder / "out",
                record=False,
                settings=settings,
                folder=folder,
            )
            require(
                bare.status == 0 and bare.out == "unharmed\n", f"bare: {bare.status} {bare.out}"
            )
            recorded = bench.run(
                "spoil_recording", what, folder / "out", settings=settings, folder=folder
            )
            bench.require_same(bare, recorded, f"{what} {settings}")
            if what == "delete":
                require(
                    not recorded.recordings(),
                    f"{settings}: a recording that was deleted is there again",
                )
            require(len(recorded.log) <= 2, f"{what} {settings}: {recorded.log}")
