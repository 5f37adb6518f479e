# SPDX-License-Identifier: Apache-2.0
"""A start as a service manager makes it: standard input closed, working directory /, the root file
system read-only, a /tmp of its own, another user. It records where it was told to, or says why not.

Catches: a recording that is lost without a word, one in the wrong place, a descriptor 0 that is
taken, a service that does not start.
"""

import ctypes
import os
import subprocess

from harness import Skip, require

NEW_NAMESPACE, READ_ONLY, REMOUNT, BIND = 0x00020000, 1, 32, 4096
PRIVATE_RECURSIVE = 0x44000


def mount(libc, source, target, kind, flags):
    return libc.mount(source.encode(), str(target).encode(), kind, flags, None)


def service(writable):
    """What happens between fork and exec of the service; `writable` stays so."""

    def setup():
        libc = ctypes.CDLL(None)
        failed = libc.unshare(NEW_NAMESPACE)
        failed |= mount(libc, "none", "/", None, PRIVATE_RECURSIVE)
        for folder in writable:
            failed |= mount(libc, str(folder), folder, None, BIND)
        failed |= mount(libc, "/", "/", None, BIND | 16384)
        os.chdir("/")
        failed |= mount(libc, "none", "/", None, REMOUNT | BIND | READ_ONLY)
        if failed:
            os._exit(77)
        os.chroot("/")
        os.chdir("/")
        os.close(0)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    return setup


def check(bench):
    if bench.bare:
        return
    if os.getuid() != 0:
        raise Skip("not root: cannot change namespaces")
    expected = (0, "leaked 50 blocks\n", "")

    def start(settings, writable, **options):
        folder = options.get("folder") or bench.new_folder()
        process = bench.start(
            "leak_blocks", 50, 2003, settings=settings, setup=service(writable), folder=folder
        )
        result = bench.finish(process)
        if result.status == 77:
            raise Skip("cannot make a read-only root here")
        require(
            (result.status, result.out, result.err) == expected,
            f"{result.status} {result.out!r} {result.err!r}",
        )
        return result

    # Where it was told to.
    folder = bench.new_folder()
    place = folder / "out"
    result = start({"DBGTRACE_LOG": None}, [place], folder=folder)
    result.recording().require_live(s2003=50)
    owner = result.recording().path.stat()
    require(
        (owner.st_uid, owner.st_mode & 0o777) == (65534, 0o600),
        f"owner {owner.st_uid}, mode {owner.st_mode:o}",
    )

    # A place that is read-only: the log says so.
    folder = bench.new_folder()
    log = folder / "home"
    settings = {"DBGTRACE_OUT": "/srv/nowhere/%e.%p.dbgt", "DBGTRACE_LOG": str(log / "log")}
    result = start(settings, [log], folder=folder)
    said = (log / "log").read_text().splitlines()
    require(
        len(said) == 1 and "/srv/nowhere/leak_blocks" in said[0] and "error 30" in said[0],
        f"read-only: {said}",
    )

    # Nothing was said about the place, there is no home: the folder of that user below /var/tmp,
    # which systemd's PrivateTmp= makes anew.
    folder = bench.new_folder()
    settings = {"DBGTRACE_OUT": None, "HOME": "/", "DBGTRACE_LOG": None}
    before = {path.name for path in recordings_of_nobody()}
    result = start(settings, ["/var/tmp"], folder=folder)
    made = [path for path in recordings_of_nobody() if path.name not in before]
    require([path.name for path in made] == [f"leak_blocks.{result.pid}.dbgt"], f"default: {made}")
    for path in made:
        path.unlink()
    check_doctor(bench)


def recordings_of_nobody():
    import pathlib

    return list(pathlib.Path("/var/tmp/dbgtrace-65534").glob("*.dbgt"))


def check_doctor(bench):
    """The doctor of such a service names the read-only place."""
    folder = bench.new_folder()
    env = bench.environment(folder, "", {"DBGTRACE_LIB": str(bench.lib)})
    env["DBGTRACE_OUT"] = "/srv/nowhere/%p.dbgt"
    done = subprocess.run(
        [bench.reader, "doctor", "/bin/true"],
        env=env,
        preexec_fn=service([]),
        capture_output=True,
        text=True,
        check=False,
    )
    require(
        done.returncode == 1 and "/srv/nowhere is on a read-only file system" in done.stdout,
        f"doctor: {done.returncode} {done.stdout} {done.stderr}",
    )
