# SPDX-License-Identifier: Apache-2.0
"""Every command that has --json, on recordings of every kind: docs/json.md has each key that is
printed, in the section of that command.

Catches: a key that was added or renamed without its documentation, a command without a section.
"""

import fnmatch
import json
import pathlib
import re
import subprocess
import time

from harness import require

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "json.md"
EVERYWHERE = ("Every document", "Stacks", "lost")
OF_A_PROCESS = ("attach", "detach")  # the cases of these look at what they print
RESULT_CODES = (0, 3)  # 3: damaged, but a result was given


def documented_keys():
    """{section: keys of the first columns of its tables}."""
    keys, sections = {}, []
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("## "):
            sections = line[3:].strip().split(", ")
        elif line.startswith("| `"):
            for section in sections:
                keys.setdefault(section, set()).update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return keys


def paths_of(value, prefix=""):
    """a.b, c[].d: every key of a document, once for each place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{prefix}.{key}" if prefix else key
            yield path
            yield from paths_of(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, prefix + "[]")


def is_documented(path, keys):
    path = re.sub(r"^.*?(stack\[\]\.\w+)$", r"\1", path)  # frames are the same everywhere
    if path in keys or any(fnmatch.fnmatchcase(path, key) for key in keys if "*" in key):
        return True
    if path.endswith("_interval") and is_documented(path[: -len("_interval")], keys):
        return True
    return any(key.startswith((path + ".", path + "[]")) for key in keys)  # what holds others


def commands_with_json(reader):
    help_text = subprocess.run([reader, "--help"], capture_output=True, text=True).stdout
    names = re.findall(r"^  ([a-z]+) {2,}", help_text.split("Subcommands:")[-1], re.M)
    require({"info", "leaks", "list"} <= set(names), f"commands named by --help: {names}")
    for name in names:
        text = subprocess.run([reader, name, "--help"], capture_output=True, text=True).stdout
        if "--json" in text:
            yield name


def recordings(bench):
    """Recordings that make the rarer keys appear."""
    yield from bench.run("leak_blocks", 3000, 5003, settings={"DBGTRACE_SAMPLE": "4K"}).recordings()
    yield from bench.run("fork_and_exec", bench.program("leak_blocks"), 50, 45000).recordings()
    yield from bench.run("allocate_in_constructors").recordings()
    yield from bench.run("thread_storm", 48).recordings()
    yield from bench.run("die_by", "read-null").recordings()
    killed = bench.start("leak_until_killed", "progress", settings={"DBGTRACE_SAMPLE": "64K"})
    time.sleep(1.5)  # under a second there is no growth
    killed.kill()
    yield from bench.finish(killed).recordings()
    damaged = bench.run("leak_blocks", 2000, 2003).recording()
    data = bytearray(damaged.path.read_bytes())
    data[20] ^= 1  # the header's size of itself stays, its checksum does not fit any more
    data[128] ^= 1
    damaged.path.write_bytes(data)
    yield damaged


def words_for(bench, command, recording, all_recordings):
    if command == "list":
        return [[recording.path.parent]]
    if command == "doctor":
        return [[bench.program("leak_blocks")], []]
    if command == "diff":
        return [[all_recordings[0].path, recording.path]]
    if command == "annotate":
        return [["leak_blocks.c", recording.path]]
    if command == "dump":
        return [[recording.path], ["--live", recording.path], ["--freed", recording.path]]
    return [[recording.path]]


def check(bench):
    if bench.bare:
        return
    keys = documented_keys()
    general = set().union(*(keys[section] for section in EVERYWHERE))
    found = list(recordings(bench))
    missing = {}
    for command in commands_with_json(bench.reader):
        require(command in keys, f"docs/json.md has no section {command!r}")
        if command in OF_A_PROCESS:
            continue
        for recording in found:
            for words in words_for(bench, command, recording, found):
                done = subprocess.run(
                    [bench.reader, command, "--json", *words], capture_output=True, timeout=60
                )
                if done.returncode not in RESULT_CODES:
                    require(done.returncode == 1, f"{command} {words}: exit {done.returncode}")
                    continue  # nothing of that kind in this recording
                for path in set(paths_of(json.loads(done.stdout))):
                    if not is_documented(path, keys[command] | general):
                        missing.setdefault(command, set()).add(path)
    require(not missing, f"not in docs/json.md: {missing}")
