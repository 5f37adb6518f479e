# SPDX-License-Identifier: Apache-2.0
"""Everything that a program can ask about its signal actions: every function of the family, every
combination of flags, masks, alternate stacks, one-shot and nested handlers, jumps out of them,
children of every kind, 8 threads, two threads that exchange actions 200,000 times each.

Catches: a handler, flag, mask or stack of ours that shows; a table beside the kernel's that is
behind it; a lost or doubled action in a race; a frame of ours under a handler; signals that a
nohup-like parent had ignored and that are no longer.
"""

import os
import signal

from harness import require


def ignore_some():
    for number in (signal.SIGSEGV, signal.SIGTRAP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def check(bench):
    for program in ("signal_family", "signal_faults", "signal_children"):
        for settings in ({}, {"DBGTRACE_CRASH": "0"}, {"DBGTRACE_SAMPLE": None}):
            for setup in (None, ignore_some):
                ask(bench, program, settings, setup)


def ask(bench, program, settings, setup):
    result = bench.same_as_bare(program, settings=settings, setup=setup, timeout=120)
    require(result.status == 0, f"{result.status} {result.out[-500:]}")
    require("== the end" in result.out, f"cut short: {result.out[-500:]}")
    if recording := bench.count(True, True) and result.recordings(f"{program}.*"):
        for each in recording:
            kind = each.state().get("kind")
            require(kind in ("exited", "exec"), f"state {each.state()}")
