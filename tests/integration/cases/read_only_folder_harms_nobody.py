# SPDX-License-Identifier: Apache-2.0
"""DBGTRACE_OUT where nothing can be made: a read-only file system, a file as the folder, /proc,
another user's folder.

Catches: a refusal that reaches the program, a message on its stderr, silence in DBGTRACE_LOG,
the same line twice; a recording that is put elsewhere unasked.
"""

import os
import subprocess

from harness import Skip, require


def check_refused(bench, out, setup=None):
    result = bench.same_as_bare(
        "leak_blocks", 2000, 2003, settings={"DBGTRACE_OUT": out}, setup=setup
    )
    require(not result.recordings(), f"{out}: recorded elsewhere")
    require(not list((result.folder / "home").rglob("*")), f"{out}: something was left in HOME")
    require(not list(result.folder.glob("*.dbgt")), f"{out}: something was left in the cwd")
    if not bench.bare:
        require(len(result.log) == 1, f"{out}: one line of log expected: {result.log}")


def check(bench):
    (bench.work / "file").write_text("")
    check_refused(bench, f"{bench.work}/file/%e.%p.dbgt")
    check_refused(bench, "/proc/1/dbgtrace/%e.%p.dbgt")
    if os.getuid() != 0:
        raise Skip("not root: no read-only mount, no other user")
    private = bench.work / "private"
    private.mkdir(mode=0o700)
    check_refused(
        bench, f"{private}/%e.%p.dbgt", setup=lambda: (os.setgid(65534), os.setuid(65534))
    )
    point = bench.mount_tmpfs("1m")
    subprocess.run(["mount", "-o", "remount,ro", point], check=True)
    check_refused(bench, f"{point}/%e.%p.dbgt")
