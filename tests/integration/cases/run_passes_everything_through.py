# SPDX-License-Identifier: Apache-2.0
"""`dbgtrace run` between a shell and a program: exit status, signals both ways, job control on a
terminal, and the line at the end.

Catches: a status or signal that changes, a signal that arrives twice or never, a job that does not
stop or not go on, a program that outlives its launcher, a wrong count in the summary.
"""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time

from harness import Skip, require, wait_for


def command(bench, *words):
    return [str(bench.reader), "run", *map(str, words)]


def launch(bench, *words, **options):
    settings = {"DBGTRACE_LIB": str(bench.lib)} | options.pop("settings", {})
    return bench.run(
        pathlib.Path(bench.reader), "run", *words, record=False, settings=settings, **options
    )


def last_line(result):
    return result.err.splitlines()[-1] if result.err else ""


def statuses(bench):
    shell = ("--", "/bin/sh", "-c")
    for code in (0, 1, 4, 125, 255):
        result = launch(bench, *shell, f"exit {code}")
        require(result.status == code, f"exit {code}: {result.status} {result.err}")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT):
        result = launch(bench, *shell, f"kill -{int(number)} $$")
        require(result.status == -number, f"{number}: {result.status} {result.err}")
    missing = launch(bench, "--", "no-such-program-anywhere")
    require(
        missing.status == 127
        and missing.err == "dbgtrace: no-such-program-anywhere: No such file or directory\n",
        f"not found: {missing.status} {missing.err}",
    )
    refused = launch(bench, "--", "/etc/passwd")
    require(
        refused.status == 126 and refused.err == "dbgtrace: /etc/passwd is not executable\n",
        f"refused: {refused.status} {refused.err}",
    )
    lost = launch(bench, "--", "/bin/true", settings={"DBGTRACE_LIB": "/no/such.so"})
    require(lost.status == 125 and "/no/such.so" in lost.err, f"no library: {lost.err}")
    nonsense = launch(bench, "--sample", "banana", *shell, "exit 3")
    require(
        nonsense.status == 3
        and nonsense.err.startswith("dbgtrace: DBGTRACE_SAMPLE=banana makes no sense (expected "),
        f"nonsense: {nonsense.err}",
    )
    same = launch(bench, "--exec", *shell, "echo $$")
    require(same.out == f"{same.pid}\n" and same.err == "", f"--exec: {same.pid} {same.out}")


def summaries(bench):
    leaks = launch(bench, "--", bench.program("leak_blocks"), 20, 2003)
    found = re.fullmatch(
        r"recorded: (no leaks|1 leak|\d+ leaks), no crashes -> dbgtrace \w+ (\S+)", last_line(leaks)
    )
    require(found, f"summary: {leaks.err}")
    require(
        (leaks.folder / found[2]).exists() or pathlib.Path(found[2]).exists(),
        f"summary names no file: {found[2]}",
    )
    crash = launch(bench, "--", "/bin/sh", "-c", "kill -SEGV $$")
    require(
        re.fullmatch(r"recorded: no leaks, 1 crash -> dbgtrace (crash|info) \S+", last_line(crash)),
        f"crash: {crash.err}",
    )
    # A child that crashes is a finding of a run whose program says that all is well.
    script = "sh -c 'kill -SEGV $$'; exit 0"
    for what, expected in (("crash", 4), ("any", 4), ("leak", 0)):
        child = launch(bench, "--fail-on", what, "--", "/bin/sh", "-c", script)
        require(child.status == expected, f"--fail-on {what}: {child.status} {child.err}")
        require(", 1 crash " in last_line(child), f"--fail-on {what}: {child.err}")
    own = launch(bench, "--fail-on", "any", "--", "/bin/sh", "-c", "sh -c 'kill -SEGV $$'; exit 9")
    require(own.status == 9, f"--fail-on with a status of its own: {own.status}")
    alone = launch(bench, "--children", "none", "--", "/bin/sh", "-c", script)
    require("crash" not in last_line(alone) or "no crashes" in last_line(alone), alone.err)
    nothing = launch(bench, "--sample", "1G", "--", "/bin/true")
    require(
        nothing.err == "recorded: nothing (no allocation was sampled, no crash)\n", nothing.err
    )


COUNTER = """
import os, signal, sys, time
seen = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, lambda n, _: seen.append(signal.Signals(n).name))
print("ready", flush=True)
while "SIGHUP" not in seen:
    time.sleep(0.01)
time.sleep(0.2)
print(*sorted(seen), flush=True)
sys.exit(21)
"""


def environment(bench):
    return dict(
        os.environ,
        DBGTRACE_LIB=str(bench.lib),
        DBGTRACE_OUT=str(bench.new_folder() / "out/%e.%p.dbgt"),
    )


def signals(bench):
    process = subprocess.Popen(
        command(bench, "--", "/usr/bin/python3", "-c", COUNTER),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(bench),
        start_new_session=True,
    )
    require(process.stdout.readline() == "ready\n", "the program did not start")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGQUIT, signal.SIGHUP):
        process.send_signal(number)
    out, err = process.communicate(timeout=30)
    require(
        (process.returncode, out) == (21, "SIGHUP SIGINT SIGQUIT SIGTERM SIGUSR1\n"),
        f"sent to the launcher: {process.returncode} {out!r} {err!r}",
    )
    # Whoever kills the launcher means the program.
    process = subprocess.Popen(
        command(bench, "--", "/bin/sh", "-c", "echo $$; exec sleep 60"),
        stdout=subprocess.PIPE,
        text=True,
        env=environment(bench),
    )
    program = int(process.stdout.readline())
    process.kill()
    process.wait(timeout=10)
    wait_for(lambda: not pathlib.Path(f"/proc/{program}/fd/0").is_symlink(), "death of the program")


def terminal(bench):
    """A shell with job control on a terminal: stop by key, go on, interrupt by key."""
    environ = environment(bench) | {"PS1": "prompt> ", "TERM": "dumb", "HISTFILE": ""}
    shell, master = pty.fork()
    if shell == 0:
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], environ)
    seen = b""

    def until(text, what):
        nonlocal seen
        end = time.monotonic() + 20
        while text not in seen:
            require(time.monotonic() < end, f"{what}: {text!r} does not come: {seen[-400:]!r}")
            if select.select([master], [], [], 1)[0]:
                seen += os.read(master, 4096)
        seen = seen[seen.index(text) + len(text) :]

    def say(text):
        os.write(master, text.encode())

    trap = (
        "trap 'echo caught-$((1+1)); exit 33' INT; trap 'echo going-$((1+2))' CONT; echo star''ted; "
        "while sleep 0.1; do :; done"
    )
    try:
        until(b"prompt> ", "start")
        say(f'{" ".join(command(bench, "--", "/bin/bash", "-c"))} "{trap}"\n'.replace("$", "\\$"))
        until(b"started", "program")
        say("\x1a")
        until(b"Stopped", "key to stop")
        say("echo shell-$((40+2))\n")
        until(b"shell-42", "shell while the job is stopped")
        say("fg\n")
        until(b"going-3", "program after it was stopped")
        say("\x03")
        until(b"caught-2", "key to interrupt")
        until(b"recorded: ", "line at the end")
        say("echo status-$?\n")
        until(b"status-33", "status")
        say("exit\n")
    finally:
        os.kill(shell, signal.SIGKILL)
        os.waitpid(shell, 0)
        os.close(master)


def check(bench):
    if bench.bare:
        return
    statuses(bench)
    summaries(bench)
    signals(bench)
    try:
        terminal(bench)
    except OSError as error:
        if "pty" not in str(error):
            raise
        raise Skip("job control: no pseudo terminals here, is /dev/pts mounted?") from None
