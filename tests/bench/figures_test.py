#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the benchmark says of raw runs: ratios within a round, failures by name, goals, a picture
that is well-formed. No timing decides here; the runs are made up."""

import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from suite import goals, svg, tables  # noqa: E402
from suite.figures import Figures, spread  # noqa: E402


def run(workload, peer, turn, cpu_s, status=0, **more):
    base = {"wall_s": cpu_s, "peak_bytes": 1 << 20, "record_bytes": 4096, "load": 1.0}
    return {
        "workload": workload,
        "peer": peer,
        "round": turn,
        "cpu_s": cpu_s,
        "status": status,
        **base,
        **more,
    }


def results(runs, **more):
    names = list(dict.fromkeys(each["workload"] for each in runs))
    peers = list(dict.fromkeys(each["peer"] for each in runs))
    return {
        "machine": {
            "started": "then",
            "commit": "",
            "processor": "p",
            "cores": 2,
            "memory_bytes": 1 << 30,
            "system": "s",
            "kernel": "k",
        },
        "options": {"rounds": 2, "slow_rounds": 1, "size": 1.0},
        "skipped": {"peers": {"dhat": "not installed: valgrind"}, "workloads": {}},
        "workloads": [{"name": name, "about": name, "real": True} for name in names],
        "peers": [{"name": name, "about": name} for name in peers],
        "runs": runs,
        "small_runs": [],
        "instructions": {},
        "allocations": {},
        "startup": {"wall_s": {}, "instructions": {}},
        "small_memory": {},
        "stalls": [],
        "seconds": 60,
        **more,
    }


class RatiosTest(unittest.TestCase):
    def test_a_run_is_compared_with_the_bare_run_of_its_round(self):
        figures = Figures(
            results(
                [
                    run("jq", "bare", 0, 1.0),
                    run("jq", "bare", 1, 4.0),  # the machine was busy
                    run("jq", "sampled", 0, 1.5),
                    run("jq", "sampled", 1, 6.0),
                ]
            )
        )
        self.assertEqual(figures.ratios("jq", "sampled", "cpu_s"), [1.5, 1.5])

    def test_a_round_without_a_bare_run_gives_no_ratio(self):
        figures = Figures(results([run("jq", "bare", 0, 1.0), run("jq", "sampled", 1, 1.5)]))
        self.assertEqual(figures.ratios("jq", "sampled", "cpu_s"), [])
        self.assertIsNone(spread(figures.ratios("jq", "sampled", "cpu_s")))

    def test_a_failed_run_is_named_and_not_averaged(self):
        figures = Figures(results([run("perl", "bare", 0, 1.0), run("perl", "lsan", 0, 9.0, -11)]))
        self.assertEqual(figures.ratios("perl", "lsan", "cpu_s"), [])
        self.assertIn("failed: signal 11", tables.markdown(figures))

    def test_a_spread_is_median_least_and_most(self):
        found = spread([3, 1, 2])
        self.assertEqual((found.median, found.low, found.high, found.count), (2, 1, 3, 3))


class GoalsTest(unittest.TestCase):
    def judged(self, *runs, **more):
        judged = goals.judge(Figures(results(list(runs), **more)))
        return {each["claim"]: each for each in judged}

    def find(self, judged, words):
        found = [each for claim, each in judged.items() if words in claim]
        self.assertEqual(len(found), 1, words)
        return found[0]

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        judged = self.judged(run("jq", "bare", 0, 1.0))
        self.assertTrue(judged)
        for each in judged.values():
            self.assertIsNone(each["met"], each["claim"])

    def test_full_mode_is_judged_by_the_share_of_the_other_recorder(self):
        bare, other = run("jq", "bare", 0, 1.0), run("jq", "heaptrack", 0, 5.0)
        cheap = self.judged(bare, other, run("jq", "full", 0, 1.9))
        dear = self.judged(bare, other, run("jq", "full", 0, 2.5))
        self.assertTrue(self.find(cheap, "a quarter")["met"])
        self.assertFalse(self.find(dear, "a third")["met"])

    def test_instructions_are_compared_with_the_shim(self):
        counts = {"jq": {"bare": 1000, "shim": 1010, "sampled": 1021}}
        judged = self.judged(run("jq", "bare", 0, 1.0), instructions=counts)
        self.assertFalse(self.find(judged, "each real program")["met"])

    def test_a_server_may_be_as_slow_as_its_slowest_bare_run(self):
        def server(peer, turn, p99_ms):
            return run("redis", peer, turn, 1.0, p50_ms=1.0, p99_ms=p99_ms)

        bare = [server("bare", 0, 2.0), server("bare", 1, 3.0)]
        within = self.judged(*bare, server("sampled", 0, 2.9))
        beyond = self.judged(*bare, server("sampled", 0, 3.1))
        self.assertTrue(self.find(within, "p99")["met"])
        self.assertFalse(self.find(beyond, "p99")["met"])


class ReportTest(unittest.TestCase):
    runs = [run("jq", peer, 0, 1.0 + 0.1 * n) for n, peer in enumerate(("bare", "sampled", "full"))]

    def test_every_row_of_a_table_has_as_many_cells_as_its_head(self):
        startup = {"wall_s": {"bare": [0.001], "sampled": [0.002]}, "instructions": {}}
        stalls = [
            {
                "peer": peer,
                "recording_on": "ext4",
                "fsync_load": True,
                "round": 0,
                "steps": 1000,
                "longest_us": 12.5,
                "p9999_us": 3,
                "over_100us": 0,
                "over_1ms": 0,
                "over_10ms": 0,
            }
            for peer in ("bare", "sampled")
        ]
        counts = {"jq": {"bare": 1000, "shim": 1010, "sampled": 1021}}
        text = tables.markdown(
            Figures(results(self.runs, startup=startup, stalls=stalls, instructions=counts))
        )
        width, rows = 0, 0
        for line in text.splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            width = width or line.count("|")
            self.assertEqual(line.count("|"), width, line)
            rows += 1
        self.assertGreater(rows, 40)
        self.assertIn("Skipped peers: dhat (not installed: valgrind).", text)

    def test_the_picture_is_well_formed_and_has_a_dot_a_figure(self):
        picture = xml.etree.ElementTree.fromstring(svg.draw(Figures(results(self.runs))))
        titles = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")]
        self.assertEqual(titles, ["jq, sampled: 1.100", "jq, full: 1.200"])

    def test_without_figures_there_is_no_picture(self):
        self.assertIsNone(svg.draw(Figures(results([]))))


if __name__ == "__main__":
    unittest.main()
