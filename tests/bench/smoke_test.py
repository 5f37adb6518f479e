#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark runs from end to end: one loop of ours and one program of others, small, once.
Usage: tests/bench/smoke_test.py BUILD. Exit 77: no compiler."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    if not (shutil.which("cc") and shutil.which("c++")):
        print("skipped: no compiler")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        options = "--quick --rounds 1 --without stalls --without small"
        workloads = "--workload tight-2 --workload sqlite3"
        peers = "--peer shim --peer sampled --peer full"
        asked = [ROOT / "bench/run", "--build", sys.argv[1], "--out", out, "--work", folder]
        done = subprocess.run(
            [*asked, *options.split(), *workloads.split(), *peers.split()],
            capture_output=True,
            text=True,
            timeout=1500,
        )
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            return 1
        results = json.loads((out / "report.json").read_text())
        report = (out / "report.md").read_text()
        assert report in done.stdout, "prints another report than it writes"
        assert (out / "cpu.svg").read_text().startswith("<svg"), "no picture"
        failed = [run for run in results["runs"] if run["status"] != 0]
        assert not failed, f"failed: {failed}"
        measured = {(run["workload"], run["peer"]) for run in results["runs"]}
        for peer in ("bare", "shim", "sampled", "full"):
            assert ("tight-2", peer) in measured, f"{peer} was not run: {measured}"
        recorded = [run["record_bytes"] for run in results["runs"] if run["peer"] == "full"]
        assert all(size > 0 for size in recorded), "full mode left no recording"
        assert results["allocations"]["tight-2"] > 1_000_000, results["allocations"]
        assert len(results["startup"]["wall_s"]["sampled"]) == 60, "start-up was not measured"
        assert list(pathlib.Path(folder).iterdir()) == [out], "leaves files behind"
    return 0


if __name__ == "__main__":
    sys.exit(main())
