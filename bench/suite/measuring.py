# SPDX-License-Identifier: Apache-2.0
"""One run of one workload under one peer, and what it cost: a plain dictionary.

wall_s, user_s, system_s, cpu_s (their sum) and peak_bytes are of the program and the processes
below it; for a server the times are those of one request, wall_s as its client took it.
record_bytes is what was written, in blocks of the disk. status is the exit status, negative for a
signal, or a text when there is none.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

TIMEOUT_S = 300
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEPT_VARIABLES = {"PATH": PATH, "LC_ALL": "C"}


class Meter:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.out = folder / "meter.json"
        self.record = folder / "record"

    def fresh_folders(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder, self.record):
            folder.mkdir(parents=True)
            folder.chmod(0o777)  # some servers run as another user

    def start(self, command, peer, runs=1):
        """Starts command under peer in fresh folders; standard output goes to a file."""
        self.fresh_folders()
        settings = {"HOME": str(self.folder), **command.settings, **peer.settings(self.record)}
        argv = [str(self.program), str(self.out), "-n", str(runs)]
        if command.user is not None:
            argv += ["-u", command.user]
        for name, value in settings.items():
            argv += ["-E", f"{name}={value}"]
        with open(command.stdin or os.devnull, "rb") as stdin, open(
            self.folder / "stdout", "wb"
        ) as stdout, open(self.folder / "stderr", "wb") as stderr:
            return subprocess.Popen(
                [*argv, "-C", str(self.folder), "--", *peer.wrapper(self.record), *command.argv],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=KEPT_VARIABLES,
                start_new_session=True,
            )

    @staticmethod
    def kill(process):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def finish(self, process):
        try:
            process.wait(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill(process)
            return {"status": f"no end in {TIMEOUT_S} s"}
        except BaseException:
            self.kill(process)
            raise
        lines = self.out.read_text().splitlines()
        if not lines:
            return {"status": "not started"}
        measured = json.loads(lines[-1])
        measured["cpu_s"] = measured["user_s"] + measured["system_s"]
        measured["record_bytes"] = self.record_bytes()
        return measured

    def all_walls(self):
        """Wall times of every run of the last start, in seconds."""
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return [
            measured["wall_s"] for measured in map(json.loads, lines) if measured["status"] == 0
        ]

    def record_bytes(self):
        """Blocks in use: a recording is sparse."""
        return sum(
            os.lstat(os.path.join(folder, name)).st_blocks * 512
            for folder, _, names in os.walk(self.record)
            for name in names
        )

    def output_hash(self):
        return hashlib.sha256((self.folder / "stdout").read_bytes()).hexdigest()

    def run(self, command, peer):
        sample = self.finish(self.start(command, peer))
        if command.deterministic and not peer.chatty and not sample_failed(sample):
            sample["output"] = self.output_hash()
        return sample

    def run_server(self, server, peer, size):
        process = self.start(server.command(), peer)
        try:
            server.wait_until_ready()
            began = time.monotonic()
            driven = server.drive(size)
            drive_s = time.monotonic() - began
            server.stop()
        except Exception as error:  # whatever a broken peer does to a server is a result
            self.kill(process)
            return {"status": f"failed: {str(error)[:200]}"}
        except BaseException:
            self.kill(process)
            raise
        sample = {**self.finish(process), **driven}
        if not sample_failed(sample):
            # wrk stops by time: what counts is the cost of a request.
            for key in ("user_s", "system_s", "cpu_s"):
                sample[key] /= driven["requests"]
            sample["wall_s"] = drive_s / driven["requests"]
        return sample

    def count_instructions(self, command, peer):
        """Instructions of user space, as callgrind counts them; None if it says nothing."""
        counter = CallgrindUnder(peer)
        process = self.start(command, counter)
        sample = self.finish(process)
        for path in sorted(self.folder.glob("callgrind.*")):
            found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.MULTILINE)
            if found and not sample_failed(sample):
                return int(found.group(1))
        return None


class CallgrindUnder:
    """A peer with callgrind around it."""

    def __init__(self, peer):
        self.peer = peer
        self.settings = peer.settings

    def wrapper(self, record):
        options = "-q --tool=callgrind --callgrind-out-file={}/../callgrind.out".format(record)
        return ("valgrind", *options.split(), *self.peer.wrapper(record))


def sample_failed(sample):
    return sample["status"] != 0
