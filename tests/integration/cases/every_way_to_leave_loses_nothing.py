# SPDX-License-Identifier: Apache-2.0
"""Return, exit, _exit, _Exit, quick_exit, a bare exit_group, abort, SIGTERM, SIGKILL, exec, exit in
a thread, pthread_exit of main: while three other threads allocate.

Catches: anything that is written only by an exit handler; an exit handler of ours that crashes
or blocks a thread which still allocates; an exec that continues the old recording; a recording
that claims another end than the one that was.
"""

from harness import Failure, require
from progress import read_progress, require_nothing_lost

WAYS = {
    "return": (3, ("exited",)),
    "exit": (3, ("exited",)),
    "_exit": (3, ("exited",)),
    "_Exit": (3, ("exited",)),
    "quick_exit": (3, ("exited",)),
    "exit_in_thread": (3, ("exited",)),
    "pthread_exit": (0, ("exited",)),
    "exit_group": (3, ("exited", "killed", "unknown")),  # nobody is told of a bare system call
    "exec": (0, ("exec",)),
    "abort": (-6, ("crashed",)),
    "sigterm": (-15, ("killed",)),
    "sigkill": (-9, ("killed",)),
}


def check(bench):
    for way, (status, kinds) in WAYS.items():
        for _ in range(bench.count(10, 3)):
            result = bench.run("leak_then_leave", way, "progress", bench.program("hello_world"))
            require(
                result.status == status,
                f"{way}: status {result.status}, not {status}; {result.out}{result.err}",
            )
            require(
                result.out == ("hello, world\n" if way == "exec" else ""),
                f"{way}: output {result.out!r}",
            )
            progress = read_progress(result.folder / "progress")
            require(len(progress[0]) == 200, f"{way}: {len(progress[0])} leaks of main")
            if recording := result.recording("leak_then_leave.*"):
                state = recording.state()
                require(state.get("kind") in kinds, f"{way}: state {state}")
                if state["kind"] == "exited":
                    require(state.get("code") == status, f"{way}: state {state}")
                if state["kind"] == "crashed":
                    require(state.get("signal") == "SIGABRT", f"{way}: state {state}")
                recording.dump()
                try:
                    require_nothing_lost(recording, progress)
                except Failure as failure:
                    raise Failure(f"{way}: {failure}") from None
            result.discard()
