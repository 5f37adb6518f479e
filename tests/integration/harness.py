# SPDX-License-Identifier: Apache-2.0
"""Runs a victim bare and recorded, and reads what was recorded through the `dbgtrace` command
alone.

A case is a module with `check(bench)`: it raises Failure by `require(...)`, or Skip with the
reason. In bare mode (`run --bare`) nothing is preloaded and `Result.recording()` is None: a case
then checks that the victims themselves behave (A/A).
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

Block = collections.namedtuple("Block", "address size weight birth thread site")
LIVE_LINE = re.compile(
    r"live addr=(0x[0-9a-f]+) size=(\d+) weight=(\S+) birth=(\S+) thread=(\d+) site=(\d+)\b"
)


class Failure(Exception):
    """A law is broken."""


class Skip(Exception):
    """This machine cannot ask the question."""


def require(condition, message):
    if not condition:
        raise Failure(message)


class Recording:
    """One .dbgt file, seen through the reader."""

    def __init__(self, path, reader):
        self.path = path
        self.reader = reader

    def read(self, command, *options):
        done = subprocess.run(
            [self.reader, command, *options, self.path], capture_output=True, text=True, timeout=60
        )
        what = f"dbgtrace {command} {' '.join(options)} {self.path.name}"
        require(
            done.returncode == 0, f"{what}: exit {done.returncode}: {done.stderr.strip()[:500]}"
        )
        return done.stdout

    def info(self):
        return json.loads(self.read("info", "--json"))

    def state(self):
        return self.info().get("state", {})

    def memory(self):
        return json.loads(self.read("memory", "--json"))

    def dump(self):
        return self.read("dump")

    def live(self):
        blocks = []
        for line in self.read("dump", "--live").splitlines():
            if not line.startswith("live "):
                continue
            found = LIVE_LINE.match(line)
            require(found, f"dump --live: a line of another form: {line!r}")
            address, size, weight, birth, thread, site = found.groups()
            blocks.append(
                Block(
                    int(address, 16), int(size), float(weight), float(birth), int(thread), int(site)
                )
            )
        return blocks

    def live_counts(self):
        """How many live blocks there are of each size; no address may be live twice."""
        blocks = self.live()
        twice = len(blocks) - len({block.address for block in blocks})
        require(twice == 0, f"{self.path.name}: {twice} addresses are live twice")
        return collections.Counter(block.size for block in blocks)

    def require_live(self, **counts):
        """require_live(s2001=5): exactly five live blocks of 2001 bytes."""
        found = self.live_counts()
        for name, expected in counts.items():
            size = int(name[1:])
            require(
                found[size] == expected,
                f"{self.path.name}: {found[size]} live blocks of {size} bytes, not {expected}",
            )

    def lost(self):
        """The sum of all loss counters."""

        def total(value):
            if isinstance(value, dict):
                return sum(total(each) for each in value.values())
            return value if isinstance(value, (int, float)) else 0

        return total(self.info().get("lost", {}))


class Result:
    """What a run of a victim left: status (negative: signal), output, log lines and recordings."""

    def __init__(self, bench, folder, status, out, err, pid):
        self.bench, self.folder, self.pid = bench, folder, pid
        self.status, self.out, self.err = status, out, err
        log = folder / "log"
        self.log = log.read_text(errors="replace").splitlines() if log.exists() else []

    def recordings(self, name="*"):
        return [
            Recording(path, self.bench.reader)
            for path in sorted(self.folder.glob(f"out/{name}.dbgt"))
        ]

    def recording(self, name="*"):
        """The one recording of that name; None in bare mode."""
        if self.bench.bare:
            return None
        found = self.recordings(name)
        names = [each.path.name for each in found]
        require(len(found) == 1, f"one recording expected, found {names}; log: {self.log}")
        return found[0]

    def discard(self):
        shutil.rmtree(self.folder)


class Bench:
    def __init__(self, lib, reader, programs, work, quick, bare):
        self.reader, self.programs, self.work = reader, pathlib.Path(programs), pathlib.Path(work)
        self.quick, self.bare = quick, bare
        self.runs = 0
        self.started = []
        self.lib = None
        if not bare:
            # A copy that any user can read, wherever the build is.
            self.lib = self.work / "libdbgtrace.so"
            shutil.copyfile(lib, self.lib)
            self.lib.chmod(0o755)

    def count(self, full, quick):
        return quick if self.quick else full

    def program(self, name):
        path = self.programs / name
        if not path.exists():
            raise Skip(f"{name} was not built here")
        return path

    def new_folder(self):
        self.runs += 1
        folder = self.work / f"run{self.runs}"
        (folder / "out").mkdir(parents=True)
        (folder / "home").mkdir()
        for path in (folder, folder / "out", folder / "home"):
            path.chmod(0o777)
        return folder

    def preload(self, record=True, before=(), after=()):
        lib = [self.lib] if record and not self.bare else []
        return ":".join(str(each) for each in [*before, *lib, *after])

    def environment(self, folder, preload, settings):
        env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder / "home"),
            "LC_ALL": "C",
            "DBGTRACE_OUT": str(folder / "out" / "%e.%p.dbgt"),
            "DBGTRACE_SAMPLE": "1",
            "DBGTRACE_LOG": str(folder / "log"),
        }
        env.update(settings or {})
        if preload:
            env["LD_PRELOAD"] = preload
        return {name: value for name, value in env.items() if value is not None}

    def start(
        self,
        program,
        *arguments,
        record=True,
        settings=None,
        before=(),
        after=(),
        folder=None,
        setup=None,
        cwd=None,
        preload=None,
    ):
        """Starts a victim in a session of its own; `setup` runs in the child before the exec."""
        folder = folder or self.new_folder()
        preload = self.preload(record, before, after) if preload is None else preload
        path = self.program(program) if isinstance(program, str) else program
        process = subprocess.Popen(
            [str(each) for each in (path, *arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(folder, preload, settings),
            cwd=cwd or folder,
            preexec_fn=setup,
            start_new_session=True,
        )
        process.folder = folder
        self.started.append(process)
        return process

    def finish(self, process, timeout=30):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Failure(
                f"{process.args[0].split('/')[-1]} hangs: killed after {timeout} s"
            ) from None
        text = [each.decode(errors="replace") for each in (out, err)]
        return Result(self, process.folder, process.returncode, *text, process.pid)

    def run(self, program, *arguments, timeout=30, **options):
        return self.finish(self.start(program, *arguments, **options), timeout)

    def on_process(self, command, pid, *options):
        """`dbgtrace attach` or `detach`; what it prints as JSON."""
        done = subprocess.run(
            [self.reader, command, str(pid), "--json", *options],
            capture_output=True,
            text=True,
            env=dict(os.environ, DBGTRACE_LIB=str(self.lib)),
            timeout=120,
        )
        if "may not be traced" in done.stderr or "lets only root" in done.stderr:
            raise Skip(done.stderr.strip())
        require(done.returncode == 0, f"{command}: exit {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def same_as_bare(self, program, *arguments, **options):
        """Runs bare, then recorded: same status, same output. Returns the recorded run."""
        bare = self.run(program, *arguments, record=False, **options)
        recorded = self.run(program, *arguments, **options)
        self.require_same(bare, recorded, f"{program} {' '.join(map(str, arguments))}")
        return recorded

    @staticmethod
    def require_same(bare, recorded, what):
        for name in ("status", "out", "err"):
            expected, found = getattr(bare, name), getattr(recorded, name)
            require(
                expected == found,
                f"{what}: {name} differs\n  bare     {expected!r}\n  recorded {found!r}"
                f"\n  log {recorded.log}",
            )

    def end_all(self):
        """What a failed case has left running."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def mount_tmpfs(self, size):
        """A small file system, gone with this process: `run` has a mount namespace of its own."""
        point = self.work / f"mount{len(list(self.work.glob('mount*')))}"
        point.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", point],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Skip(f"cannot mount a tmpfs: {done.stderr.strip()}")
        return point


def require_accounted(result, **counts):
    """All expected blocks are there, or a loss is counted in the file or told once in the log."""
    if result.bench.bare:
        return
    require(len(result.log) == len(set(result.log)), f"a loss is told twice: {result.log}")
    require(len(result.log) <= 8, f"{len(result.log)} lines of log: {result.log[:9]}")
    found = result.recordings()
    for recording in found:
        try:
            recording.require_live(**counts)
            return
        except Failure as failure:
            if recording.lost() > 0 or result.log or not recording.info()["exact"]:
                return
            raise Failure(
                f"{failure}, and nobody says so: no loss counted, no line in the log"
            ) from None
    require(result.log, "no recording, and no line in the log says why")


def wait_for(condition, what, timeout=20):
    end = time.monotonic() + timeout
    while not condition():
        require(time.monotonic() < end, f"{what} did not happen in {timeout} s")
        time.sleep(0.01)
