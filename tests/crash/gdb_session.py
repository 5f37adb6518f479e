# SPDX-License-Identifier: Apache-2.0
"""gdb on a core, and the crashing programs that cores are made of."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def unusable():
    """Why cores can't be looked at here, or None."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if shutil.which("gdb") is None:
        return "no gdb (Debian: gdb)"
    return f"cores go elsewhere ({pattern})" if pattern.startswith("|") or "/" in pattern else None


def runner():
    """tests/crash/run, for its way of building the programs."""
    loader = importlib.machinery.SourceFileLoader("crash_run", str(HERE / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("crash_run", loader))
    loader.exec_module(module)
    return module


def ask(program, core, *commands):
    """command -> lines of its answer."""
    arguments = ["-ex", "set width 0", "-ex", "set height 0", "-ex", "set print frame-arguments all"]
    for command in commands:
        arguments += ["-ex", f"echo == {command}\\n", "-ex", command]
    done = subprocess.run(["gdb", "-nx", "-batch", *arguments, program, core], capture_output=True, text=True,
                          errors="replace", env=os.environ | {"DEBUGINFOD_URLS": ""}, timeout=300)
    parts = {}
    for part in re.split(r"^== ", done.stdout, flags=re.MULTILINE)[1:]:
        command, _, text = part.partition("\n")
        parts[command] = text.splitlines()
    return parts
