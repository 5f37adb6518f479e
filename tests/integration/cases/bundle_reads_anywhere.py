# SPDX-License-Identifier: Apache-2.0
"""A bundle in a place that has neither the program nor the C library: leaks, memory, crash and the
page say what they said of the recording where it was made, function by function and line by line.

Catches: names that a bundle forgot, names taken from files of the machine that reads.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import Skip, require


def make_root(bench, folder):
    """A root folder that holds the command and what it is linked with, in no usual place."""
    root = folder / "root"
    (root / "reader").mkdir(parents=True)
    (root / "tmp").mkdir()
    shutil.copy(bench.reader, root / "reader/dbgtrace")
    listed = subprocess.run(["ldd", bench.reader], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", listed):
        shutil.copy(library, root / "reader" / pathlib.Path(library).name)
    loader = re.search(r"/(\S*ld-linux\S+)", listed)
    if not loader:
        raise Skip("the command's loader is unknown")
    return root, f"/reader/{pathlib.Path(loader[1]).name}"


ENVIRONMENT = dict(os.environ, DBGTRACE_CACHE_SIZE="0")


def read(command, path, words, root=None, loader=None):
    reader = [*command]
    if root:
        shutil.copy(path, root / path.name)
        reader = ["chroot", root, loader, "--library-path", "/reader", "/reader/dbgtrace"]
        path = f"/{path.name}"
    done = subprocess.run([*reader, *words, path], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    if root and done.returncode == 125:
        raise Skip(f"cannot change the root: {done.stderr.strip()}")
    require(done.returncode == 0, f"{words} {path}: exit {done.returncode}: {done.stderr.strip()[:500]}")
    return done.stdout


def report(text):
    """Without what the file is called, how large it is, and what the kernel here knows of the end."""
    json_text = json.loads(text)
    for key in ("file", "file_bytes", "disk_bytes", "death"):
        json_text.pop(key, None)
    for crash in json_text.get("crashes", []):
        crash.pop("source", None)  # sources are not packed
    return json_text


def page_strings(page):
    """The words of the page: names, files and modules are among them."""
    return json.loads(re.search(r'"strings":(\[.*?[^\\]"\])', page, re.S)[1])


def check(bench):
    if bench.bare:
        return
    folder = bench.new_folder()
    for number, (name, *arguments) in enumerate([("leak_blocks", 200, 5003), ("die_by", "double-free")]):
        program = folder / f"program{number}"
        shutil.copy(bench.program(name), program)
        recording = bench.run(program, *arguments).recording()
        bundle = folder / f"{number}.dbgtz"
        done = subprocess.run([bench.reader, "bundle", recording.path, "-o", bundle], capture_output=True, text=True,
                              env=ENVIRONMENT, timeout=60)
        require(done.returncode == 0 and not done.stdout, f"bundle: {done.returncode} {done.stdout} {done.stderr}")
        root, loader = make_root(bench, folder / str(number))
        for command in ("leaks", "memory", "crash"):
            words = [command, "--json"]
            here = report(read([bench.reader], recording.path, words))
            there = report(read([], bundle, words, root, loader))
            require(here == there, f"{name}, {command} differs: {first_difference(here, there)}")
            require(command == "crash" or '"function": "leak_at_depth"' in json.dumps(here), f"{command}: no names")
            require(command == "crash" or "victim.h" in json.dumps(here), f"{command}: no lines")
        bare = read([], recording.path, ["leaks", "--json"], root, loader)
        require('"function"' not in bare, "the other place has names of its own: it proves nothing")
        done = subprocess.run([bench.reader, "html", recording.path], capture_output=True, text=True,
                              env=ENVIRONMENT, timeout=60)
        if done.returncode == 0:
            there = read([], bundle, ["html"], root, loader)
            left = set(page_strings(done.stdout)) ^ set(page_strings(there))
            require(not left, f"the pages differ in {sorted(left)[:10]}")


def first_difference(here, there, path=""):
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted(set(here) | set(there)):
            if here.get(key) != there.get(key):
                return first_difference(here.get(key), there.get(key), f"{path}.{key}")
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for index, (a, b) in enumerate(zip(here, there)):
            if a != b:
                return first_difference(a, b, f"{path}[{index}]")
    return f"{path}: {str(here)[:300]} / {str(there)[:300]}"
