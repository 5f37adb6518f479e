# SPDX-License-Identifier: Apache-2.0
"""Who mistypes a command, an option's value or a pid is told what would be right, with status 2; a selection that fits
nothing says so, and no path is cut where it is to be copied.

Catches: messages of the command line library, values that pass silently, answers about what was not asked.
"""

import subprocess

from harness import require


def check(bench):
    if bench.bare:
        return
    recording = bench.run("leak_blocks", 3000, 2003).recording().path

    def ask(*words, cwd=bench.work):
        done = subprocess.run([bench.reader, *map(str, words)], capture_output=True, text=True, timeout=60, cwd=cwd)
        return done.returncode, done.stdout, done.stderr

    for words, expected in (
        (["leeks"], "no such command; did you mean leaks?"),
        ([recording], f"dbgtrace info {recording}"),
        (["leaks", "--no-such"], "dbgtrace leaks --help"),
        (["leaks", recording, recording], "dbgtrace diff OLD NEW"),
        (["attach", "abc"], 'PID: a process number is expected, not "abc"'),
        (["detach", "0"], "a process number is expected"),
        (["attach", "-5"], "a process number is expected"),
        (["help", "nonsense"], "no such command or topic"),
        (["leaks", "--top", "-1", recording], "--top"),
        (["leaks", "--debug-dir", "/nonexist", recording], "there is no such folder"),
        (["leaks", "--from", "2h", recording], "the recording is of"),
        (["diff", "--from", "2h", recording], "the recording is of"),
        (["attach", "--sample", "banana", "999999999"], "--sample"),
    ):
        status, out, err = ask(*words)
        require(status == 2 and expected in err and "\\n" not in err, f"{words}: {status} {out}{err}")
    status, out, err = ask("leaks", "--function", "no_such_function", recording)
    require(status == 0 and "Nothing fits" in out and "Heap:" not in out, f"nothing fits: {status} {out}{err}")
    status, out, err = ask("list", "/nonexist")
    require(status == 1 and "/nonexist" in err, f"list: {status} {out}{err}")
    status, out, err = ask("help")
    require("Subcommands:" in out and "  leaks" in out and "  classes" in out, f"help: {out}")
    status, out, err = ask("help", "run")
    require("dbgtrace run [OPTIONS] -- PROG ARGS" in out, f"help run: {out}")
    status, out, err = ask("doctor", "/tmp")
    require(status == 1 and "/tmp is a directory" in out, f"doctor /tmp: {status} {out}")
    status, out, err = ask("doctor", "999999999")
    require(status == 1 and "there is no process 999999999" in out, f"doctor: {status} {out}")
