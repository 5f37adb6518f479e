# SPDX-License-Identifier: Apache-2.0
"""chroot, chdir (with a relative DBGTRACE_OUT), another user, no descriptors, no file size: all in
mid-run.

Catches: growth or a new file by a path that now means something else, a file made in the new cwd
or root, a death by SIGXFSZ or EMFILE, a loss that nobody counts.
"""

import os

from harness import Skip, require, require_accounted


def check_change(bench, what, **options):
    elsewhere = bench.work / f"elsewhere-{what}"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    result = bench.same_as_bare("change_surroundings", what, elsewhere, **options)
    require(result.out == "unharmed\n", f"{what}: {result.out!r}")
    require(
        not list(elsewhere.rglob("*")),
        f"{what}: files were made in the new place: {list(elsewhere.rglob('*'))}",
    )
    require_accounted(result, s2001=1000, s2003=20000, s3003=0)
    if recording := result.recording():
        require(
            recording.live_counts()[2001] == 1000, f"{what}: events from before the change are lost"
        )


def check(bench):
    check_change(bench, "chdir", settings={"DBGTRACE_OUT": "out/%e.%p.dbgt"})
    check_change(bench, "nofile")
    check_change(bench, "fsize")
    if os.getuid() != 0:
        raise Skip("not root: no chroot, no setuid")
    check_change(bench, "chroot")
    check_change(bench, "setuid")
