# SPDX-License-Identifier: Apache-2.0
"""Figures from raw runs: ratios within a round, medians, spreads. Prints nothing."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float
    count: int


def spread(values):
    """None of nothing."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values), len(values))


class Figures:
    def __init__(self, results):
        self.results = results
        self.runs = index(results["runs"])
        self.small_runs = index(results["small_runs"])
        self.real = {w["name"] for w in results["workloads"] if w["real"]}
        self.workloads = [w["name"] for w in results["workloads"]]
        self.peers = [p["name"] for p in results["peers"]]

    def samples(self, workload, peer, small=False):
        """Successful runs by round."""
        runs = (self.small_runs if small else self.runs).get((workload, peer), [])
        return {run["round"]: run for run in runs if run["status"] == 0}

    def failure(self, workload, peer, small=False):
        for run in (self.small_runs if small else self.runs).get((workload, peer), []):
            if run["status"] != 0:
                return describe_status(run["status"])
        return None

    def values(self, workload, peer, key):
        return [run[key] for run in self.samples(workload, peer).values() if key in run]

    def ratios(self, workload, peer, key, base="bare", small=False):
        """Of each round in which both succeeded."""
        mine, theirs = (self.samples(workload, name, small) for name in (peer, base))
        shared = sorted(mine.keys() & theirs.keys())
        return [mine[turn][key] / theirs[turn][key] for turn in shared if theirs[turn][key] > 0]

    def added(self, workload, peer, key):
        mine, theirs = (self.samples(workload, name) for name in (peer, "bare"))
        return [mine[turn][key] - theirs[turn][key] for turn in sorted(mine.keys() & theirs.keys())]

    def instruction_ratio(self, workload, peer, base="bare"):
        counted = self.results["instructions"].get(workload, {})
        mine, theirs = counted.get(peer), counted.get(base)
        return mine / theirs if mine and theirs else None

    def median_of_medians(self, workloads, peer, key, base="bare"):
        found = [spread(self.ratios(workload, peer, key, base)) for workload in workloads]
        found = [each.median for each in found if each is not None]
        return statistics.median(found) if found else None

    def allocation_rate(self, workload):
        """Allocations a second of the bare program's CPU; None where it was not counted."""
        allocations = self.results["allocations"].get(workload)
        cpu = spread(self.values(workload, "bare", "cpu_s"))
        return allocations / cpu.median if allocations and cpu and cpu.median > 0 else None


def index(runs):
    found = {}
    for run in runs:
        found.setdefault((run["workload"], run["peer"]), []).append(run)
    return found


def describe_status(status):
    if isinstance(status, str):
        return status
    return f"signal {-status}" if status < 0 else f"exit {status}"
