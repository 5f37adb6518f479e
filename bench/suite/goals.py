# SPDX-License-Identifier: Apache-2.0
"""What the recorder promises beside what was measured: met, missed, or not measured."""

import statistics

from suite.figures import spread

MIB = 1 << 20
ALLOCATION_HEAVY = 1_000_000  # allocations a CPU second
RECORDERS = ("sampled", "full", "sampled+mimalloc")


def goal(claim, measured, met):
    return {"claim": claim, "measured": measured, "met": met}


def worst(pairs, digits=3):
    """The largest of (value, name) pairs as text; None of nothing."""
    pairs = [pair for pair in pairs if pair[0] is not None]
    if not pairs:
        return None, "not measured"
    value, name = max(pairs)
    return value, f"worst {value:.{digits}f} ({name})"


def at_most(claim, limit, value, text=None):
    if value is None:
        return goal(claim, "not measured", None)
    return goal(claim, text or f"{value:.3f}", value <= limit)


def sampled_goals(figures):
    real = [name for name in figures.workloads if name in figures.real]
    cpu = figures.median_of_medians(real, "sampled", "cpu_s")
    yield at_most("sampled: CPU at most 1.02 x bare, median of the real programs", 1.02, cpu)
    instructions = [(figures.instruction_ratio(name, "sampled", "shim"), name) for name in real]
    value, text = worst(instructions, 4)
    yield at_most(
        "sampled: instructions at most 1.01 x the shim's, each real program", 1.01, value, text
    )
    yield at_most(
        "sampled: instructions at most 1.05 x the shim's, tight loop",
        1.05,
        figures.instruction_ratio("tight-1", "sampled", "shim"),
    )
    tight = [
        (spread(figures.ratios(name, "sampled", "wall_s", "shim")), name)
        for name in figures.workloads
        if name.startswith("tight-")
    ]
    value, text = worst([(each.median, name) for each, name in tight if each])
    yield at_most("sampled: tight loops at most 1.10 x the shim's time", 1.10, value, text)


def server_goals(figures):
    """The median of the recorded runs lies within what the bare runs themselves spread over."""
    for key, title in (("p50_ms", "p50"), ("p99_ms", "p99")):
        outside, seen = [], 0
        for name in figures.workloads:
            bare, mine = (spread(figures.values(name, peer, key)) for peer in ("bare", "sampled"))
            if bare is None or mine is None:
                continue
            seen += 1
            if mine.median > bare.high:
                outside.append(f"{name}: {mine.median:.3f} ms, bare up to {bare.high:.3f} ms")
        claim = f"sampled: {title} of the servers within the spread of the bare runs"
        measured = ("; ".join(outside) or f"within, {seen} servers") if seen else "not measured"
        yield goal(claim, measured, not outside if seen else None)


def mimalloc_goal(figures):
    heavy = [
        name
        for name in figures.workloads
        if not name.startswith("tight-")
        and (figures.allocation_rate(name) or 0) >= ALLOCATION_HEAVY
    ]
    claim = "sampled + mimalloc: CPU below 1.00 x bare, median of the allocation-heavy programs"
    value = figures.median_of_medians(heavy, "sampled+mimalloc", "cpu_s")
    if value is None:
        return goal(claim, "not measured", None)
    return goal(claim, f"{value:.3f} ({', '.join(heavy)})", value < 1)


def full_goals(figures):
    shares = []
    for name in figures.workloads:
        full, other = (
            spread(figures.ratios(name, peer, "cpu_s")) for peer in ("full", "heaptrack")
        )
        if full is not None and other is not None and other.median > 1:
            shares.append(((full.median - 1) / (other.median - 1), name))
    value, text = worst(shares)
    yield at_most(
        "full: at most a third of heaptrack's extra CPU, each workload", 1 / 3, value, text
    )
    median = statistics.median(share for share, _ in shares) if shares else None
    yield at_most("full: at most a quarter of it in the median", 0.25, median)


def bounded_goals(figures):
    files, memory = [], []
    for name in figures.workloads:
        for peer in RECORDERS:
            files += [(value / MIB, name) for value in figures.values(name, peer, "record_bytes")]
            if peer != "sampled+mimalloc":  # what another allocator keeps is not the recorder's
                added = spread(figures.added(name, peer, "peak_bytes"))
                memory.append((added.median / MIB if added else None, f"{name}, {peer}"))
    servers = "of one process; a server with many has a file for each"
    value, text = worst([pair for pair in files if pair[1] != "postgres"], 1)
    yield at_most(f"file at most 50 MiB ({servers})", 50, value, text)
    value, text = worst(memory, 1)
    yield at_most("peak RSS added at most 50 MiB, each workload", 50, value, text)


def small_goals(figures):
    peaks = {name: spread(values) for name, values in figures.results["small_memory"].items()}
    for peer in ("sampled", "full"):
        added = None
        if peaks.get(peer) and peaks.get("bare"):
            added = (peaks[peer].median - peaks["bare"].median) / MIB
        yield at_most(f"{peer}: at most 4 MiB RSS added to a small program", 4, added)
    walls = {name: spread(values) for name, values in figures.results["startup"]["wall_s"].items()}
    added = None
    if walls.get("sampled") and walls.get("bare"):
        added = (walls["sampled"].median - walls["bare"].median) * 1e3
    yield at_most("sampled: at most 1 ms added to the start of /bin/true", 1, added)


def judge(figures):
    return [
        *sampled_goals(figures),
        *server_goals(figures),
        mimalloc_goal(figures),
        *full_goals(figures),
        *bounded_goals(figures),
        *small_goals(figures),
    ]
