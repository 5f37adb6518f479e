# SPDX-License-Identifier: Apache-2.0
"""A program that is replaced or removed after it was recorded: it is said with the build-id that is
needed, no name is taken from the wrong file, and the recorded build is found again below
--debug-dir and --sysroot by every command. The second reader finds the names in the cache.

Catches: names of another build, options that a command forgot, a cache that changes a result.
"""

import json
import os
import shutil
import subprocess

from harness import require, wait_for


class Reader:
    def __init__(self, bench, cache):
        self.bench, self.cache = bench, cache

    def start(self, *words):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.cache), DBGTRACE_CACHE_SIZE="64M")
        return subprocess.Popen([self.bench.reader, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment)

    def read(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        require(process.returncode == 0, f"{words}: exit {process.returncode}: {err[:500]}")
        return out

    def json(self, *words):
        return json.loads(self.read(words[0], "--json", *words[1:]))


def build_id_of(program):
    notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True).stdout
    return notes.split("Build ID: ")[1].split()[0]


def has_names(text):
    return any(name in text for name in ("leak (victim.h", "leak_at_depth", "die_by.c:"))


def check(bench):
    if bench.bare:
        return
    folder = bench.new_folder()
    program = folder / "program"
    kept = folder / "root" / str(program)[1:]
    kept.parent.mkdir(parents=True)
    for name in (program, kept):
        shutil.copy(bench.program("die_by"), name)
    recording = bench.run(program, "read-null").recording()
    reader = Reader(bench, folder / "cache")
    build_id = build_id_of(program)

    first = reader.json("info", "--stats", recording.path)["symbols"]["cache"]
    second = reader.json("info", "--stats", recording.path)["symbols"]["cache"]
    require(first["hits"] == 0 and first["misses"] > 0, f"first: {first}")
    require(second["misses"] == 0 and second["hits"] == first["misses"], f"second: {second} after {first}")
    text = reader.read("info", "--stats", recording.path)
    require(f"cache: {first['misses']} hits, 0 misses" in text, text)

    # A cache changes no result, also where several read and write it at once, or where it can't be.
    warm = reader.read("leaks", "--json", recording.path)
    for cache in (folder / "other-cache", "/proc/nowhere"):
        readers = [Reader(bench, cache).start("leaks", "--json", recording.path) for _ in range(4)]
        for process in readers:
            out, err = process.communicate(timeout=60)
            require((process.returncode, out) == (0, warm), f"{cache}: {process.returncode} {err[:300]}")

    shutil.copy(bench.program("leak_blocks"), folder / "newer")
    os.replace(folder / "newer", program)  # the package is upgraded
    for command in ("leaks", "memory", "crash"):
        text = reader.read(command, recording.path)
        require(not has_names(text) and ("another build" in text or "build-id differs" in text), f"{command}: {text}")
        require(build_id in text, f"{command} does not say which build is needed: {text}")

    by_build_id = folder / "debug/.build-id" / build_id[:2] / f"{build_id[2:]}.debug"
    by_build_id.parent.mkdir(parents=True)
    shutil.copy(kept, by_build_id)
    source = next(f["file"] for f in reader.json("crash", "--sysroot", folder / "root", recording.path)
                  ["crashes"][0]["thread"]["stack"] if f.get("function") == "main")
    for options in (["--debug-dir", folder / "debug"], ["--sysroot", folder / "root"]):
        for command in (["leaks"], ["memory"], ["crash"], ["html"], ["annotate", source], ["export", "--format=folded"]):
            words = [*command, *options, recording.path]
            if command == ["html"] and "has no page" in Reader(bench, folder).start("html", recording.path).communicate()[1]:
                continue
            text = reader.read(*words)
            require(has_names(text) or command[0] == "annotate", f"{words}: {text[:2000]}")
        same = [reader.json(name, *options, recording.path, recording.path)["changes"] for name in ("diff",)]
        require(same == [[]], f"diff {options}: {same}")

    # Sources that lie elsewhere now.
    sources = folder / "sources"
    sources.mkdir()
    shutil.copy(source, sources / "die_by.c")
    report = reader.json("crash", "--sysroot", folder / "root", "--source-dir", sources, recording.path)
    require(report["crashes"][0]["source"]["file"].endswith("die_by.c"), f"{report['crashes'][0].get('source')}")

    # Removed while it ran.
    shutil.copy(bench.program("leak_until_killed"), program)
    running = bench.start(program, "progress")
    wait_for((running.folder / "progress").exists, "the victim's start")
    wait_for(lambda: list(running.folder.glob("out/*.dbgt")), "a recording")
    program.unlink()
    running.kill()
    removed = bench.finish(running).recording()
    text = reader.read("leaks", removed.path)
    require(build_id_of(bench.program("leak_until_killed")) in text, f"removed, and nobody says so: {text}")
