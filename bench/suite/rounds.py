# SPDX-License-Identifier: Apache-2.0
"""The plan of a benchmark: every peer once in each round, in an order that turns, so that what else
happens on the machine meets all of them alike and each is compared with the bare run of its round.
"""

import dataclasses
import os

from suite.measuring import sample_failed


@dataclasses.dataclass(frozen=True)
class Plan:
    rounds: int
    slow_rounds: int  # of peers that are slow, and of those that get small inputs only
    size: float  # of the inputs

    @classmethod
    def full(cls, rounds, slow_rounds):
        return cls(rounds, slow_rounds or min(rounds, 3), 1.0)

    @classmethod
    def quick(cls, rounds, slow_rounds):
        return cls(rounds, slow_rounds or 1, 0.2)


class Rounds:
    def __init__(self, meter, peers, plan, say):
        self.meter, self.peers, self.plan, self.say = meter, peers, plan, say

    def can_run(self, peer, workload):
        return peer.follows_forks or workload.server is None or not workload.server.forks

    def timings(self, workload):
        """Runs at full size; a peer that fails once is not asked again."""
        found, failed = [], set()
        if workload.server is not None:
            workload.server.prepare()
        peers = [peer for peer in self.peers if peer.timed and not peer.small_only]
        peers = [peer for peer in peers if self.can_run(peer, workload)]
        for turn in range(self.plan.rounds):
            first = turn % len(peers)
            for peer in peers[first:] + peers[:first]:
                if peer.name in failed or (peer.slow and turn >= self.plan.slow_rounds):
                    continue
                if workload.server is not None:
                    sample = self.meter.run_server(workload.server, peer, self.plan.size)
                else:
                    sample = self.meter.run(workload.command(self.plan.size), peer)
                if sample_failed(sample):
                    failed.add(peer.name)
                found.append(self.stamp(sample, workload, peer, turn))
        return self.checked(found)

    def small_timings(self, workload):
        """What is too slow for the full size, and the bare program, at small size."""
        peers = [peer for peer in self.peers if peer.small_only or peer.name == "bare"]
        if workload.small is None or len(peers) < 2:
            return []
        found = []
        for turn in range(self.plan.slow_rounds):
            for peer in peers:
                sample = self.meter.run(workload.small(), peer)
                found.append(self.stamp(sample, workload, peer, turn))
        return self.checked(found)

    def instructions(self, workload):
        counted = {}
        if workload.small is None:
            return counted
        for peer in self.peers:
            if peer.counted:
                counted[peer.name] = self.meter.count_instructions(workload.small(), peer)
        return counted

    def stamp(self, sample, workload, peer, turn):
        shown = sample.get("cpu_s")
        text = (
            f"{shown:.4g} s"
            if shown is not None and not sample_failed(sample)
            else sample["status"]
        )
        self.say(f"  {workload.name}, round {turn + 1}, {peer.name}: {text}")
        return {
            "workload": workload.name,
            "peer": peer.name,
            "round": turn,
            "load": os.getloadavg()[0],
            **sample,
        }

    @staticmethod
    def checked(samples):
        """A run that printed something else than the bare one has failed, whatever its status."""
        expected = {s["round"]: s.get("output") for s in samples if s["peer"] == "bare"}
        for sample in samples:
            output = sample.pop("output", None)
            if output is not None and output != expected.get(sample["round"]):
                sample["status"] = "prints something else"
        return samples
