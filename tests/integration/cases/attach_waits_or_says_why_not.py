# SPDX-License-Identifier: Apache-2.0
"""Attaching where no function may be called in the program's name: it waits until one may, or says in one sentence why not
and what to do. The program comes to its usual end each time.

Catches: a call from inside malloc, the loader or a signal handler; a program that is left stopped or dies of a system call
that its filter forbids; a second recording beside the first; a refusal without a reason.
"""

import os
import pathlib
import signal
import subprocess
import time

from harness import Skip, require, wait_for

DONE = (0, "ready\ndone\n", "")


def attach(bench, pid, command="attach", *options):
    env = dict(os.environ, DBGTRACE_LIB=str(bench.lib))
    done = subprocess.run(
        [bench.reader, command, str(pid), *options], capture_output=True, text=True, env=env, timeout=120
    )
    if "may not be traced" in done.stderr or "lets only root" in done.stderr:
        raise Skip(done.stderr.strip())
    return done.returncode, done.stderr


def start(bench, *arguments, program="be_busy", record=False):
    victim = bench.start(program, *arguments, record=record)
    line = os.read(victim.stdout.fileno(), 6)
    require(line == b"ready\n", f"{arguments}: {line}")
    time.sleep(0.1)
    return victim


def end(bench, victim, what):
    os.kill(victim.pid, signal.SIGTERM)
    result = bench.finish(victim)
    found = (result.status, "ready\n" + result.out, result.err)
    require(found == DONE, f"{what}: ended as {found}")


def refused(bench, sentence, victim, command="attach"):
    status, told = attach(bench, victim.pid, command)
    sentence = "dbgtrace: " + sentence.format(pid=victim.pid) + "\n"
    require((status, told) == (1, sentence), f"status {status}, told {told!r}, not {sentence!r}")


def recorded(bench, victim, what):
    path = victim.folder / "out" / "here.dbgt"
    status, told = attach(bench, victim.pid, "attach", "--out", str(path))
    require(status == 0 and path.exists(), f"{what}: status {status}, told {told}")
    return path


def waits(bench):
    victim = start(bench, "malloc")
    recorded(bench, victim, "malloc all the time")
    require(attach(bench, victim.pid, "detach")[0] == 0, "malloc all the time: detach")
    end(bench, victim, "malloc all the time")

    victim = start(bench, "loader", bench.program("sleepy_plugin.so"))
    recorded(bench, victim, "while another thread loads a library")
    end(bench, victim, "while another thread loads a library")


def sleeps_on(bench):
    """One long sleep, of which a stop makes another system call, is attached to and left more than once."""
    begun = time.monotonic()
    sleeper = bench.start(pathlib.Path("/bin/sleep"), 8, record=False)
    time.sleep(0.2)
    path = sleeper.folder / "out" / "sleep.dbgt"
    for number in (1, 2):
        for command, options in (("attach", ("--out", str(path))), ("detach", ())):
            status, told = attach(bench, sleeper.pid, command, *options)
            require(status == 0, f"a long sleep, {command} {number}: {told}")
    result = bench.finish(sleeper)
    slept = time.monotonic() - begun
    require((result.status, result.err) == (0, "") and slept >= 8, f"a long sleep: {result.status} after {slept:.1f} s")


def says_why_not(bench):
    victim = start(bench, "handler")
    refused(
        bench,
        "no thread of {pid} can be borrowed for the call: thread {pid} is in a signal handler; try again",
        victim,
    )
    end(bench, victim, "in a signal handler")

    victim = start(bench, "vfork")
    refused(
        bench,
        "no thread of {pid} can be borrowed for the call: thread {pid} can't be stopped (vfork, or a disk); try again",
        victim,
    )
    end(bench, victim, "in vfork")

    victim = start(bench, "filter")
    refused(
        bench,
        "{pid} has put itself behind a seccomp filter: a system call that it forbids would kill it; start it with `dbgtrace "
        "run`, which prepares everything before the filter",
        victim,
    )
    end(bench, victim, "behind a filter")

    victim = start(bench, "wait")
    os.kill(victim.pid, signal.SIGSTOP)
    wait_for(lambda: "State:\tT" in open(f"/proc/{victim.pid}/status").read(), "the stop")
    refused(
        bench,
        "{pid} is stopped (SIGSTOP, or a terminal); continue it first: kill -CONT {pid}",
        victim,
    )
    os.kill(victim.pid, signal.SIGCONT)
    refused(bench, "{pid} is not being recorded; begin with `dbgtrace attach {pid}`", victim, "detach")
    path = recorded(bench, victim, "a program that waits")
    refused(bench, f"{{pid}} is being recorded already; its recording: {path}", victim)
    end(bench, victim, "attached twice")

    victim = start(bench, "wait", record=True)
    path = victim.folder / "out" / f"be_busy.{victim.pid}.dbgt"
    refused(
        bench,
        f"{{pid}} has had the recorder since it started (LD_PRELOAD); its recording: {path}",
        victim,
    )
    end(bench, victim, "recorded since its start")

    victim = start(bench, "wait", program="static_be_busy")
    refused(
        bench,
        "{pid} is a static program: there is no loader in it that could load the library; link it dynamically against glibc",
        victim,
    )
    end(bench, victim, "static")


def check(bench):
    if bench.bare:
        return
    if os.uname().machine != "x86_64":
        raise Skip("attach is for x86-64")
    waits(bench)
    sleeps_on(bench)
    says_why_not(bench)
