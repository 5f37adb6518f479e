# SPDX-License-Identifier: Apache-2.0
"""Sampled runs of one program differ in every figure: two equal ones are reported as no difference,
ten times; a tenth more in one function is found there and only there, ten times. The exit status
follows --fail-on.

Catches: chance told as a change, a real change lost in caution, a change blamed on the wrong site.
"""

import json
import subprocess

from harness import require

BLOCKS = 400_000  # of 1000 bytes: 24,400 samples, so that a tenth more is 11 standard deviations


def record(bench, seeded, sample="16K"):
    result = bench.run("turn_over", BLOCKS, seeded, 0, settings={"DBGTRACE_SAMPLE": sample, "DBGTRACE_BUDGET": "100%"})
    require((result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}")
    return result.recording()


def diff(bench, before, now, *options):
    done = subprocess.run([bench.reader, "diff", *options, before.path, now.path], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


def check(bench):
    if bench.bare:
        return record(bench, BLOCKS)
    runs = [record(bench, BLOCKS) for _ in range(11)]
    worse = [record(bench, BLOCKS * 11 // 10) for _ in range(10)]
    for i in range(10):
        code, out, err = diff(bench, runs[i], runs[i + 1], "--json", "--fail-on", "any")
        report = json.loads(out)
        require(report["schema"] == "dbgtrace.diff/1", report["schema"])
        require(code == 0 and report["changes"] == [] and not any(total["changed"] for total in report["totals"]),
                f"equal runs {i}: {code} {report['changes']} {report['totals']} {err}")

        code, out, err = diff(bench, runs[i], worse[i], "--json", "--fail-on", "regression")
        report = json.loads(out)
        stacks = [[frame.get("function") for frame in change["stack"]] for change in report["changes"]]
        require(code == 4 and len(stacks) == 1 and "seeded" in stacks[0], f"a tenth more, {i}: {code} {stacks} {err}")
        change = report["changes"][0]
        ratio = {d["measure"]: d["ratio"] for d in change["differences"]}["allocated_bytes"]
        require(change["direction"] == "regression" and 1.02 < ratio < 1.18, f"ratio {ratio}")

        code, out, err = diff(bench, worse[i], runs[i], "--json", "--fail-on", "regression")
        require(code == 0 and json.loads(out)["improvements"] == 1, f"a tenth less, {i}: {code} {err}")

    exact = [record(bench, BLOCKS // 100, sample="1"), record(bench, BLOCKS // 100, sample="1")]
    code, out, _ = diff(bench, *exact)
    require(code == 0 and out.startswith("No difference."), f"exact and equal: {code} {out}")
