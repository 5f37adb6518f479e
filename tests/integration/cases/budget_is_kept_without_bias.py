# SPDX-License-Identifier: Apache-2.0
"""Programs that allocate as fast as they can, at an interval far too fine for that: two seconds later the recorder keeps to
its budget, and what it says of the whole run, coarse and fine parts together, is right in the mean.

Catches: a budget that is read and not kept; samples that weigh as much as the interval that came after them.
"""

import json
import statistics

from harness import Recording, Skip, require

BUDGET = 0.02
# Of the measured share: a machine that is busy with other things makes the recorder's time longer,
# and a start's credit may be spent late. Without a budget it is ten times as much and more.
ALLOWANCE = 1.5
# Of the mean error, by the runs' own spread: chance leads beyond 4 in 30 runs once in 2,500 times, beyond 6 in 16 once in 40,000.
STANDARD_ERRORS = {True: 6, False: 4}


def own_cost(recording):
    recorder = recording.info()["recorder"]
    if "of_cpu_s" not in recorder:
        raise Skip("the recorder cannot measure itself here")
    return recorder["cpu_s"], recorder["of_cpu_s"]


def keeps_to_budget(bench, size_bytes, sample):
    victim = bench.start(
        "allocate_in_haste",
        size_bytes,
        4000,
        settings={"DBGTRACE_SAMPLE": sample, "DBGTRACE_BUDGET": "2%"},
    )
    require(victim.stdout.readline() == b"half\n", "the victim says nothing")
    if bench.bare:
        bench.finish(victim)
        return
    [path] = (victim.folder / "out").glob("*.dbgt")
    recording = Recording(path, bench.reader)
    own_before, all_before = own_cost(recording)
    result = bench.finish(victim)
    require(result.status == 0, f"exit {result.status}: {result.err}")
    own, total = own_cost(recording)
    share = (own - own_before) / (total - all_before)
    causes = {change["cause"] for change in recording.info()["interval_history"]}
    require("budget" in causes, f"{sample}: the interval changed for {causes or 'nothing'}")
    require(share <= ALLOWANCE * BUDGET, f"{sample}: {share:.2%} of the CPU time after two seconds")


def is_unbiased(bench, runs):
    errors = []
    for _ in range(runs):
        result = bench.run(
            "allocate_in_haste",
            60000,
            600,
            settings={"DBGTRACE_SAMPLE": "64K", "DBGTRACE_BUDGET": "2%"},
        )
        require(result.status == 0, f"exit {result.status}: {result.err}")
        if bench.bare:
            return
        truth = int(result.out.split()[1])
        sites = json.loads(result.recording().read("memory", "--json", "--by", "allocated"))["sites"]
        found = sum(
            site["allocated_bytes"]
            for site in sites
            if any(frame.get("function") == "churn" for frame in site["stack"])
        )
        errors.append(found / truth - 1)
        result.discard()
    mean, spread = statistics.mean(errors), statistics.stdev(errors)
    standard_error = spread / len(errors) ** 0.5
    require(
        abs(mean) <= STANDARD_ERRORS[bench.quick] * standard_error,
        f"mean error of {runs} runs {mean:+.3%}, standard error {standard_error:.3%}",
    )


def check(bench):
    for sample in ("1", "64K", "512K"):
        keeps_to_budget(bench, 60000, sample)
    is_unbiased(bench, bench.count(30, 16))
