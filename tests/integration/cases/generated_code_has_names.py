# SPDX-License-Identifier: Apache-2.0
"""A program that makes code at run time and keeps /tmp/perf-PID.map, as just-in-time compilers do:
the frames of that code have the names of the map, also in a bundle when the map is gone.

Catches: names lost, a map of another process believed.
"""

import json
import os
import pathlib
import platform
import subprocess

from harness import Skip, require


def functions(bench, path):
    done = subprocess.run([bench.reader, "leaks", "--json", path], capture_output=True, text=True, timeout=60)
    require(done.returncode == 0, f"leaks: {done.returncode} {done.stderr}")
    leaks = json.loads(done.stdout)["leaks"]
    require(len(leaks) == 1, f"{len(leaks)} leaks")
    return [frame.get("function") for frame in leaks[0]["stack"]]


def check(bench):
    if platform.machine() != "x86_64":
        raise Skip("the victim's machine code is that of x86-64")
    result = bench.run("generate_code")
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}")
    map_file = pathlib.Path(f"/tmp/perf-{result.pid}.map")
    require(map_file.exists(), "the victim kept no map")
    try:
        if bench.bare:
            return
        recording = result.recording()
        found = functions(bench, recording.path)
        at = found.index("LazyCompile:*allocate /app.js:3") if "LazyCompile:*allocate /app.js:3" in found else -1
        require(at > 0 and "leak" in found[:at] and "main" in found[at:], f"{found}")

        bundle = result.folder / "packed.dbgtz"
        subprocess.run([bench.reader, "bundle", recording.path, "-o", bundle], check=True, timeout=60)
        os.utime(map_file, (1, 1))  # now it is that of an earlier process
        require("LazyCompile:*allocate /app.js:3" not in functions(bench, recording.path), "an old map is believed")
        require(functions(bench, bundle) == found, f"bundle: {functions(bench, bundle)}")
    finally:
        map_file.unlink()
