# SPDX-License-Identifier: Apache-2.0
"""Reports of many call stacks with an item for each, in an address space that a document of them all
does not fit into.

Catches: documents that are put together in memory.
"""

import json
import resource
import subprocess

from harness import require

DEPTH = 14  # twice as many frames, besides main and what is below it
EVERYTHING = (
    ("memory", "--json"),
    ("leaks", "--json"),
    ("dump", "--json", "--live"),
)
ENOUGH_MIB = 256


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
        document = json.loads(done.stdout)
        items = document.get("sites") or document.get("leaks") or document["records"]
        require(len(items) >= stacks, f"{what}: {len(items)} items")
