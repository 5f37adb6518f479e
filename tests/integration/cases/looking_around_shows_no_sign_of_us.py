# SPDX-License-Identifier: Apache-2.0
"""Threads, descriptors, children, signal actions and masks, dlerror, cwd and umask, at the start of
main, after 10,000 allocations and after a thread; also with a log, with nothing to record, and
with crash capture off.

Catches: a helper thread, an open descriptor (ours or a closed one of theirs), a failed dlsym
that left its message, a signal handler that shows, a child process, a changed umask.
"""

from harness import require


def check(bench):
    for settings in (
        {},
        {"DBGTRACE_SAMPLE": None},
        {"DBGTRACE_CRASH": "0"},
        {"DBGTRACE_OUT": "/proc/none/%p"},
        {"DBGTRACE_SAMPLE": "0"},
        {"DBGTRACE_DISABLE": "1"},
    ):
        folder = bench.new_folder()
        bare = bench.run("look_around", record=False, settings=settings, folder=folder)
        require(
            bare.status == 0 and "dlerror none\nthreads 1\n" in bare.out,
            f"bare: {bare.status} {bare.out}",
        )
        recorded = bench.run("look_around", settings=settings, folder=folder)
        bench.require_same(bare, recorded, f"{settings}")
