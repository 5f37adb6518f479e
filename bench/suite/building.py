# SPDX-License-Identifier: Apache-2.0
"""Compiles the programs of bench/programs and gathers what is measured in one readable folder."""

import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "programs"
COMMON = ("-O2", "-g", "-fno-builtin", "-pthread")
SHARED = {"forward", "jump"}


def compile_one(source, folder):
    """Compiles what is older than its source."""
    shared = source.stem in SHARED
    target = folder / (f"{source.stem}.so" if shared else source.stem)
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return target
    compiler = ("c++", "-std=c++20") if source.suffix == ".cpp" else ("cc", "-std=gnu11")
    kind = ("-shared", "-fPIC", "-fvisibility=hidden") if shared else ()
    subprocess.run([*compiler, *COMMON, *kind, str(source), "-o", str(target)], check=True)
    return target


def build(build_folder, folder):
    """Puts programs, library and command into folder; returns their paths by name.

    They are copies: a server that runs as another user can read them wherever the build is.
    """
    compiled = build_folder / "bench"
    for each in (compiled, folder):
        each.mkdir(parents=True, exist_ok=True)
    paths = [compile_one(source, compiled) for source in sorted(SOURCES.glob("*.c*"))]
    paths += [build_folder / "lib/libdbgtrace.so", build_folder / "bin/dbgtrace"]
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there: run 'make' first")
        pathlib.Path(shutil.copy(path, folder)).chmod(0o755)
    return {
        "library": folder / "libdbgtrace.so",
        "command": folder / "dbgtrace",
        "forward": folder / "forward.so",
        "jump": folder / "jump.so",
        "meter": folder / "meter",
    }
