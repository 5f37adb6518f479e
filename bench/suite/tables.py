# SPDX-License-Identifier: Apache-2.0
"""The report: which figures stand in which table, and what is said above it."""

from suite.figures import spread
from suite.goals import judge
from suite.markdown import number, scaled, section, show, table

MIB = 1 << 20


def heading(figures):
    machine, options = figures.results["machine"], figures.results["options"]
    memory_gib = machine["memory_bytes"] / (1 << 30)
    yield "# Benchmark"
    yield ""
    yield f"{machine['started']}, commit {machine['commit'] or 'unknown'}."
    yield f"{machine['processor']}, {machine['cores']} cores, {memory_gib:.0f} GiB;"
    yield f"{machine['system']}, kernel {machine['kernel']}."
    loads = [run["load"] for run in figures.results["runs"]]
    if loads:
        yield f"{options['rounds']} rounds, {options['slow_rounds']} for slow peers;"
        yield f"inputs of size {options['size']:g}; {figures.results['seconds'] / 60:.0f} minutes;"
        yield f"load average {min(loads):.1f} to {max(loads):.1f} (the benchmark alone: 1 to 4)."
    for kind, missing in figures.results["skipped"].items():
        for name, reason in missing.items():
            yield f"Skipped {kind}: {name} ({reason})."
    yield ""
    yield "What each figure means, and how far to trust it: docs/performance.md."
    yield ""


def goals(figures):
    yield from section("Goals")
    words = {True: "met", False: "**missed**", None: "not measured"}
    rows = ([each["claim"], each["measured"], words[each["met"]]] for each in judge(figures))
    yield from table(["goal", "measured", ""], rows)


def summary(figures):
    yield from section(
        "In short: CPU against bare",
        "The median over workloads of each workload's median ratio, and the worst of them.",
    )
    rows = []
    for peer in figures.peers:
        row = [peer]
        for chosen in (figures.real, set(figures.workloads) - figures.real):
            medians = [
                found.median
                for name in figures.workloads
                if name in chosen and (found := spread(figures.ratios(name, peer, "cpu_s")))
            ]
            found = spread(medians)
            row += [number(found.median), number(found.high)] if found else ["", ""]
        if peer != "bare" and any(row[1:]):
            rows.append(row)
    yield from table(["peer", "real programs", "worst", "own loops", "worst"], rows)


def by_peer(figures, title, note, value):
    """A row a workload, a column a peer; a peer that failed says how."""
    runs = figures.runs
    peers = [
        peer
        for peer in figures.peers
        if peer != "bare" and any((name, peer) in runs for name in figures.workloads)
    ]
    if not peers:
        return
    yield from section(title, note)
    rows = []
    for name in figures.workloads:
        failures = {peer: figures.failure(name, peer) for peer in peers}
        texts = (
            f"failed: {failures[peer]}" if failures[peer] else show(value(name, peer))
            for peer in peers
        )
        rows.append([name, *texts])
    yield from table(["workload", *peers], rows)


def costs(figures):
    def ratio(key):
        return lambda name, peer: spread(figures.ratios(name, peer, key))

    def added_memory(name, peer):
        return scaled(spread(figures.added(name, peer, "peak_bytes")), 1 / MIB)

    def written(name, peer):
        return scaled(spread(figures.values(name, peer, "record_bytes")), 1 / MIB)

    note = "User and system time of the program and its children; for servers, of a request."
    yield from by_peer(figures, "CPU against bare", note, ratio("cpu_s"))
    note = "From start to end; for servers, the time of the client's work."
    yield from by_peer(figures, "Wall time against bare", note, ratio("wall_s"))
    note = "MiB, of the largest process; of a mapped file, what is resident."
    yield from by_peer(figures, "Peak RSS added", note, added_memory)
    note = "MiB on disk, all files of a run."
    yield from by_peer(figures, "Written", note, written)


def servers(figures):
    rows = []
    for name in figures.workloads:
        for peer in figures.peers:
            p50, p99 = (spread(figures.values(name, peer, key)) for key in ("p50_ms", "p99_ms"))
            if p50 is not None:
                rows.append([name, peer, show(p50), show(p99)])
    if rows:
        yield from section("Requests of the servers", "Milliseconds, as their clients saw them.")
        yield from table(["server", "peer", "p50", "p99"], rows)


def instructions(figures):
    counted = figures.results["instructions"]
    peers = [p for p in figures.peers if any(counts.get(p) for counts in counted.values())]
    if "bare" not in peers:
        return
    peers.remove("bare")
    yield from section(
        "Instructions",
        "Of user space, counted by callgrind on small inputs, against the bare program. The last",
        "column is what recording costs beyond standing in between.",
    )
    rows = []
    for name in figures.workloads:
        if bare := counted.get(name, {}).get("bare"):
            ratios = [figures.instruction_ratio(name, peer) for peer in peers]
            ratios.append(figures.instruction_ratio(name, "sampled", "shim"))
            rows.append([name, f"{bare / 1e6:.1f} M", *(f"{r:.4f}" if r else "" for r in ratios)])
    yield from table(["workload", "bare", *peers, "sampled / shim"], rows)


def small_inputs(figures):
    peers = sorted({peer for _, peer in figures.small_runs} - {"bare"})
    if not peers:
        return
    yield from section(
        "Small inputs: tools that simulate the processor",
        "CPU against bare; of so short a run their own start is a part.",
    )
    rows = []
    for name in figures.workloads:
        row = [name]
        for peer in peers:
            failure = figures.failure(name, peer, small=True)
            found = spread(figures.ratios(name, peer, "cpu_s", small=True))
            row.append(f"failed: {failure}" if failure else show(found))
        if any(row[1:]):
            rows.append(row)
    yield from table(["workload", *peers], rows)


def startup(figures):
    walls = figures.results["startup"]["wall_s"]
    base = spread(walls.get("bare", []))
    if base is None:
        return
    counts, peaks = figures.results["startup"]["instructions"], figures.results["small_memory"]
    base_peak = spread(peaks.get("bare", []))
    yield from section(
        "Start-up and small programs",
        "`/bin/true` from fork to exit; the peak RSS of a program that keeps 1.3 MB.",
    )
    rows = []
    for peer in figures.peers:
        wall, peak = spread(walls.get(peer, [])), spread(peaks.get(peer, []))
        if wall is None:
            continue
        added_ms = f"{(wall.median - base.median) * 1e3:+.2f}"
        added_mib = f"{(peak.median - base_peak.median) / MIB:+.2f}" if peak and base_peak else ""
        count = f"{counts[peer] / 1e3:.0f} K" if counts.get(peer) else ""
        rows.append([peer, f"{wall.median * 1e3:.2f}", added_ms, str(wall.count), count, added_mib])
    header = ["peer", "median, ms", "added, ms", "runs", "instructions", "RSS added, MiB"]
    yield from table(header, rows)


def stalls(figures):
    found = figures.results["stalls"]
    if not found:
        return
    yield from section(
        "Stalls while the disk is busy",
        "A thread that allocates 8 KiB every few microseconds, alone and beside two writers that",
        "fsync: the longest step of a run, and what 9,999 of 10,000 steps stay within.",
    )
    keys = ("fsync_load", "peer", "recording_on")
    rows = []
    for case in dict.fromkeys(tuple(run[key] for key in keys) for run in found):
        runs = [run for run in found if tuple(run[key] for key in keys) == case]
        steps = sum(run["steps"] for run in runs)
        longest_ms = scaled(spread(run["longest_us"] for run in runs), 1e-3)
        row = ["fsync" if case[0] else "idle", case[1], case[2], show(longest_ms)]
        row.append(show(spread(run["p9999_us"] for run in runs)))
        for key in ("over_1ms", "over_10ms"):
            row.append(f"{sum(run[key] for run in runs) / steps * 1e6:.2f}")
        rows.append([*row, f"{steps:,}"])
    header = ["disk", "peer", "recording on", "longest, ms", "99.99 %, us"]
    yield from table([*header, "over 1 ms, in a million", "over 10 ms", "steps"], rows)


def descriptions(figures):
    yield from section("Who is who")
    for peer in figures.results["peers"]:
        yield f"- **{peer['name']}**: {peer['about']}"
    yield ""
    for workload in figures.results["workloads"]:
        rate = figures.allocation_rate(workload["name"])
        more = f"; {rate / 1e6:.2f} M allocations a CPU second" if rate else ""
        yield f"- **{workload['name']}**: {workload['about']}{more}"


def markdown(figures):
    parts = (
        heading,
        goals,
        summary,
        costs,
        servers,
        instructions,
        small_inputs,
        startup,
        stalls,
        descriptions,
    )
    lines = [line.rstrip() for part in parts for line in part(figures)]
    return "\n".join(lines).rstrip() + "\n"
