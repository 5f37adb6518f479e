# SPDX-License-Identifier: Apache-2.0
"""Mode, names and places of the file: 0600 under any umask, no symlink followed, -2 and -3 beside
names that exist, the default name in a folder that was given, missing folders made, patterns
expanded, the default place private.

Catches: a file that others can read, a symlink that makes us write elsewhere, an older recording
that is lost; a reader that leaves another user without a word about whose it is.
"""

import os
import socket
import stat
import subprocess
import time

from harness import require


def leak(bench, folder, out, umask=0o022):
    settings = {"DBGTRACE_OUT": None if out is None else str(out), "XDG_STATE_HOME": None}
    result = bench.run(
        "leak_blocks", 100, 2003, settings=settings, folder=folder, setup=lambda: os.umask(umask)
    )
    require((result.status, result.err) == (0, ""), f"{result.status} {result.err}")
    return result


def check(bench):
    folder = bench.new_folder()
    out = folder / "out"
    for umask in (0, 0o022, 0o777):
        leak(bench, folder, out / f"mode{umask:o}.dbgt", umask)
    (folder / "victim").write_text("precious")
    (out / "link.dbgt").symlink_to(folder / "victim")
    (out / "dangling.dbgt").symlink_to(folder / "created")
    (out / "old.dbgt").write_text("old")
    for name in ("link", "dangling", "old", "old", "old"):
        leak(bench, folder, out / f"{name}.dbgt")
    leak(bench, folder, folder / "made/here/%%-%e-%h.dbgt")
    (folder / "kept").mkdir()
    inside = leak(bench, folder, folder / "kept")
    slash = leak(bench, folder, str(folder / "new") + "/")
    before = int(time.time())
    timed = leak(bench, folder, folder / "timed/%t-%p.dbgt")
    default = leak(bench, folder, None)
    if bench.bare:
        return

    files = sorted(path.name for path in out.iterdir())
    expected = [
        "dangling-2.dbgt",
        "dangling.dbgt",
        "link-2.dbgt",
        "link.dbgt",
        "mode0.dbgt",
        "mode22.dbgt",
        "mode777.dbgt",
        "old-2.dbgt",
        "old-3.dbgt",
        "old-4.dbgt",
        "old.dbgt",
    ]
    require(files == expected, f"{files}")
    for path in out.iterdir():
        if path.is_symlink() or path.name == "old.dbgt":
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        require(mode == 0o600, f"{path.name}: mode {mode:o}")
    require((folder / "victim").read_text() == "precious", "a symlink was followed")
    require((out / "old.dbgt").read_text() == "old", "an old file was overwritten")
    require(not (folder / "created").exists(), "a dangling symlink was followed")
    made = [path.name for path in (folder / "made/here").iterdir()]
    require(made == [f"%-leak_blocks-{socket.gethostname()}.dbgt"], f"{made}")
    for name, child in (("kept", inside), ("new", slash)):
        made = [path.name for path in (folder / name).iterdir()]
        require(made == [f"leak_blocks.{child.pid}.dbgt"], f"in the folder {name}: {made}")
    require(not (folder / "kept-2").exists(), "a folder got a number")
    (stamp,) = [path.stem.split("-") for path in (folder / "timed").iterdir()]
    require(before <= int(stamp[0]) <= time.time() and int(stamp[1]) == timed.pid, f"{stamp}")
    place = folder / "home/.local/state/dbgtrace"
    found = [path.name for path in place.iterdir()] if place.exists() else []
    require(found == [f"leak_blocks.{default.pid}.dbgt"], f"default place: {found}")
    require(
        stat.S_IMODE(place.stat().st_mode) & 0o077 == 0,
        f"default place: mode {place.stat().st_mode:o}",
    )
    require(not list(folder.glob("*.dbgt")), "something was left in the cwd")
    if os.getuid() == 0:
        others_are_told(bench, out / "mode0.dbgt")


def others_are_told(bench, recording):
    """Who asks for a recording of another user's service hears whose it is; root reads it."""

    def read_as(user):
        def become():
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

        command = [bench.reader, "info", recording]
        return subprocess.run(command, preexec_fn=become, capture_output=True, text=True, check=False)

    refused = read_as(65534)
    told = f"dbgtrace: {recording}: cannot open it: Permission denied; it belongs to root: read it as that user or as root\n"
    require(
        (refused.returncode, refused.stdout, refused.stderr) == (1, "", told),
        f"another user: {refused.returncode} {refused.stdout}{refused.stderr}",
    )
    os.chown(recording, 65534, 65534)
    for user in (0, 65534):
        read = read_as(user)
        require(read.returncode == 0 and not read.stderr, f"user {user}: {read.returncode} {read.stderr}")
