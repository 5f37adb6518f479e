# SPDX-License-Identifier: Apache-2.0
"""What a recorder adds to the start of a program, and to the memory of a small one."""

from suite.command import Command, find_program

STARTED = ("bare", "shim", "sampled", "full", "sampled+mimalloc", "jemalloc-prof", "heaptrack")


def measure_startup(meter, peers, rounds, runs):
    """Wall times of `true`, in seconds, and its instructions, by peer; the peers take turns."""
    command = Command((find_program("/bin/true", "true"),))
    wall_s, instructions = {}, {}
    chosen = [peer for peer in peers if peer.name in STARTED]
    for _ in range(rounds):
        for peer in chosen:
            meter.finish(meter.start(command, peer, 1 if peer.slow else runs))
            wall_s.setdefault(peer.name, []).extend(meter.all_walls())
    for peer in chosen:
        if peer.counted:
            instructions[peer.name] = meter.count_instructions(command, peer)
    return {"wall_s": wall_s, "instructions": instructions}


def measure_small_memory(meter, peers, programs, rounds):
    """Peak RSS in bytes of a program that keeps 1.3 MB, by peer."""
    command = Command((str(programs / "small"),))
    peaks = {}
    for _ in range(rounds):
        for peer in peers:
            if peer.name in STARTED:
                sample = meter.run(command, peer)
                if sample["status"] == 0:
                    peaks.setdefault(peer.name, []).append(sample["peak_bytes"])
    return peaks
