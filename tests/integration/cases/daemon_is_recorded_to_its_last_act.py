# SPDX-License-Identifier: Apache-2.0
"""A double fork into the background, with chdir, umask 0 and closed descriptors, under a relative
DBGTRACE_OUT.

Catches: a generation that is not recorded or records into another's file, a file made in the
daemon's new cwd, a file that umask 0 opens to others, a daemon that a relative path has lost.
"""

import stat

from harness import require, wait_for


def check(bench):
    result = bench.run(
        "become_daemon", "finished", settings={"DBGTRACE_OUT": "out/%e.%p.dbgt"}, record=False
    )
    require(result.status == 0, f"bare: {result.status} {result.out}")
    folder = bench.new_folder()
    # The daemon changes to /: its last word needs an absolute path.
    result = bench.run(
        "become_daemon",
        folder / "finished",
        folder=folder,
        settings={"DBGTRACE_OUT": "out/%e.%p.dbgt"},
    )
    require(
        (result.status, result.out, result.err) == (0, "", ""),
        f"{result.status} {result.out}{result.err}",
    )
    wait_for((folder / "finished").exists, "the daemon's last act")
    if bench.bare:
        return
    pid = (folder / "finished").read_text()
    generations = {
        each.path.name.split(".")[1]: each for each in result.recordings("become_daemon.*")
    }
    require(len(generations) == 3, f"three generations, {sorted(generations)}; log {result.log}")
    first, daemon = generations.pop(str(result.pid)), generations.pop(pid)
    (second,) = generations.values()
    first.require_live(s41000=100, s42000=0, s43000=0)
    second.require_live(s42000=100, s43000=0)
    daemon.require_live(s43000=100)
    for each in (first, second, daemon):
        mode = stat.S_IMODE(each.path.stat().st_mode)
        require(mode == 0o600, f"{each.path.name}: mode {mode:o}")
