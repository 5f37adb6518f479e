# SPDX-License-Identifier: Apache-2.0
"""The completion for bash offers the commands, options, values and files that the command itself knows.

Catches: a help text whose form the completion no longer understands.
"""

import os
import subprocess

from harness import require

ASK = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dbgtrace; printf "%s\\n" "${COMPREPLY[@]}"'


def offered(bench, *words):
    script = bench.work / "completion.bash"
    script.write_text(subprocess.run([bench.reader, "completion", "bash"], capture_output=True, text=True, check=True).stdout)
    done = subprocess.run(
        ["bash", "-c", ASK, "bash", script, bench.reader, *words],
        capture_output=True,
        text=True,
        check=True,
        cwd=bench.work,
    )
    require(done.stderr == "", done.stderr)
    return done.stdout.split()


def check(bench):
    if bench.bare:
        return
    commands = offered(bench, "")
    require({"run", "attach", "leaks", "crash", "html", "--help"} <= set(commands), f"commands {commands}")
    require(offered(bench, "le") == ["leaks"], f"le: {offered(bench, 'le')}")
    options = offered(bench, "run", "--s")
    require({"--sample", "--size"} == set(options), f"run --s: {options}")
    require("-o" in offered(bench, "leaks", "-"), f"leaks -: {offered(bench, 'leaks', '-')}")
    values = offered(bench, "leaks", "--fail-on", "")
    require(values == ["leak", "crash", "any"], f"--fail-on: {values}")
    (bench.work / "here.dbgt").touch()
    require(offered(bench, "leaks", "he") == ["here.dbgt"], "a file")
    require("bash" in offered(bench, "run", "--", "bas"), "a program")
    require(str(os.getpid()) in offered(bench, "attach", ""), "a process")
