# SPDX-License-Identifier: Apache-2.0
"""Reports of many call stacks with an item for each, in an address space that a document of them all
does not fit into; and in ever smaller ones, until there is an answer no more but one message.

Catches: documents that are put together in memory, an end by a signal where memory is out.
"""

import json
import resource
import subprocess

from harness import require

DEPTH = 13  # twice as many frames, besides main and what is below it
EVERYTHING = (
    ("memory", "--json"),
    ("leaks", "--json"),
    ("dump", "--json", "--live"),
    ("export", "--format", "csv"),
    ("export", "--format", "folded"),
)
ENOUGH_MIB = 256
MESSAGE = "raise the limit"


def read(bench, path, words, limit_mib):
    limit = limit_mib << 20
    return subprocess.run(
        [bench.reader, *words, path],
        capture_output=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


def check(bench):
    if bench.bare:
        return
    stacks = 1 << (DEPTH - 1)  # not each of them has a place in the table
    path = bench.run("many_stacks", DEPTH, 1, settings={"DBGTRACE_SIZE": "50M"}).recording().path
    for words in EVERYTHING:
        done = read(bench, path, words, ENOUGH_MIB)
        what = f"{' '.join(words)}: exit {done.returncode}: {done.stderr[-300:]}"
        require(done.returncode == 0, what)
        if words[0] == "export":
            lines = done.stdout.count(b"\n")
            require(lines >= stacks, f"{what}: {lines} lines")
            continue
        document = json.loads(done.stdout)
        items = document.get("sites") or document.get("leaks") or document["records"]
        require(len(items) >= stacks, f"{what}: {len(items)} items")
    refused = 0
    for words in (("memory", "--json"), ("html",), ("export", "--format", "speedscope")):
        for limit_mib in (40, *range(56, 100, 4), *range(100, ENOUGH_MIB, 40)):
            done = read(bench, path, words, limit_mib)
            what = f"{' '.join(words)} in {limit_mib} MiB: exit {done.returncode}: {done.stderr[-300:]}"
            # Below what it takes to start, the loader is who says so.
            started = b"error while loading shared libraries" not in done.stderr
            require(done.returncode in (0, 1) or not started, what)
            if done.returncode == 1 and b"has no page" not in done.stderr:
                require(MESSAGE in done.stderr.decode(), what)
                require(done.stderr.count(b"\n") == 1, what)
                refused += 1
    require(refused > 0, "every report fitted into every limit")
