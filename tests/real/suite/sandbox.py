# SPDX-License-Identifier: Apache-2.0
"""One run of a case in folders that are fresh and, from run to run, have the same names, so that a
path that a program prints or stores does not differ. The case gets a bare environment and a command
`traced` on its PATH, which starts its arguments with the preload library (in a bare run: without).
Only what a case starts through `traced` is recorded; clients and helpers stay bare.
"""

import dataclasses
import os
import pathlib
import random
import shlex
import shutil
import signal
import socket
import subprocess
import time

FOLDERS = ("work", "home", "tmp", "scratch", "out")
STOP_GRACE_S = 5


@dataclasses.dataclass(frozen=True)
class Mode:
    """How a run is recorded: no library = bare; no sample = every variable at its default."""
    name: str
    lib: pathlib.Path | None
    sample: str | None

    @property
    def default_out(self):
        return self.lib is not None and self.sample is None


BARE = Mode("bare", None, None)


@dataclasses.dataclass
class Run:
    folder: pathlib.Path
    status: int | None  # None: stopped at the time limit
    seconds: float

    def text(self, stream):
        return (self.folder / stream).read_bytes()

    def describe(self):
        return "stopped at the time limit" if self.status is None else f"exit status {self.status}"

    def tail(self, lines=12):
        both = self.text("stdout") + self.text("stderr")
        return "\n".join(both.decode(errors="replace").splitlines()[-lines:])

    def log_text(self, lines=12):
        log = self.folder / "recorder.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def _free_port():
    """A loopback port below the range from which the kernel serves clients."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Sandbox:
    def __init__(self, top, suite_folder, lib, limit_s, with_log):
        self.top, self.limit_s, self.with_log = top, limit_s, with_log
        self.suite_folder = suite_folder
        self.ports = {}
        top.chmod(0o755)  # servers that drop their privileges have to get in
        (top / "bin").mkdir()
        if lib:  # a copy, since the build may lie in a private home
            self.lib = pathlib.Path(shutil.copy(lib, top / "libdbgtrace.so"))
            self.lib.chmod(0o755)

    def detects(self, case):
        return subprocess.run(["bash", "-c", case.detect], env=self._environment(case),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def forget(self, case):
        shutil.rmtree(self.top / "runs" / case.name, ignore_errors=True)

    def run(self, case, mode):
        for name in FOLDERS:
            folder = self.top / name
            if folder.is_symlink():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            folder.chmod(0o1777)
        self._write_traced(mode)
        log = self.top / "recorder.log"
        log.unlink(missing_ok=True)

        kept = self.top / "runs" / case.name / mode.name
        kept.mkdir(parents=True)
        begin = time.monotonic()
        with open(kept / "stdout", "wb") as out, open(kept / "stderr", "wb") as err:
            process = subprocess.Popen(
                ["bash", str(case.script)], cwd=self.top / "work", env=self._environment(case),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            try:
                status = process.wait(self.limit_s)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                self._stop(process)
        seconds = time.monotonic() - begin
        for name in FOLDERS:
            (self.top / name).rename(kept / name)
            (self.top / name).symlink_to(kept / name)  # programs of the case, for their symbols
        if log.exists():
            log.rename(kept / "recorder.log")
        return Run(kept, status, seconds)

    def _environment(self, case):
        port = self.ports.setdefault(case.name, _free_port())
        return {
            "PATH": f"{self.top}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": f"{self.top}/home", "TMPDIR": f"{self.top}/tmp", "WORK": f"{self.top}/work",
            "SCRATCH": f"{self.top}/scratch", "PORT": str(port), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "CASE_LIB": str(self.suite_folder / "case.sh"),
        }

    def _write_traced(self, mode):
        settings = {}
        if mode.lib:
            settings["LD_PRELOAD"] = str(self.lib)
            if not mode.default_out:
                settings["DBGTRACE_OUT"] = f"{self.top}/out/%e.%p.dbgt"
                settings["DBGTRACE_SAMPLE"] = mode.sample
            if self.with_log:
                settings["DBGTRACE_LOG"] = f"{self.top}/recorder.log"
        words = [f"{name}={value}" for name, value in settings.items()]
        script = self.top / "bin" / "traced"
        script.write_text(f"#!/bin/sh\nexec env {shlex.join(words)} \"$@\"\n")
        script.chmod(0o755)

    def _stop(self, process):
        """Ends whatever is left of the run's session, politely first: a case that was cut short."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + (STOP_GRACE_S if process.poll() is None else 0.2)
            while time.monotonic() < deadline:
                process.poll()
                time.sleep(0.05)
                try:
                    os.killpg(process.pid, 0)
                except ProcessLookupError:
                    break
        process.wait()
