# SPDX-License-Identifier: Apache-2.0
"""A launcher installs a filter that kills for any call which a bare dynamic hello world does not
make, then execs a victim with the library preloaded.

Catches: one system call too many in the constructor, in the slow path of malloc, or at exit;
probes by sigaction or sigaltstack; a crash that ends as SIGSYS. Also that the filter is what it
says: a victim that makes a call more dies of it.
"""

from harness import require


def run_under_filter(bench, record, program, *arguments):
    settings = {"VICTIM_PRELOAD": bench.preload(record)}
    return bench.run(
        "launch_under_filter", bench.program(program), *arguments, record=False, settings=settings
    )


def check(bench):
    for arguments, status, sample in (
        (("hello_world",), 0, "1"),
        (("leak_blocks", 20000, 104), 0, "1"),
        (("leak_blocks", 20000, 2003), 0, "512K"),
        (("close_every_descriptor", "said"), -31, "1"),
    ):
        bare = run_under_filter(bench, False, *arguments)
        require(bare.status == status, f"bare {arguments}: {bare.status} {bare.out}{bare.err}")
        recorded = run_under_filter(bench, True, *arguments)
        bench.require_same(bare, recorded, f"{arguments}")
        for recording in recorded.recordings():
            recording.info()
    # Dying takes no call, unless the program makes one to die.
    for way, status in (
        ("read-null", -11), ("non-canonical", -11), ("jump", -11), ("stack", -11), ("divide", -8), ("illegal", -4),
        ("breakpoint", -5), ("abort", -31),
    ):  # fmt: skip
        bare = run_under_filter(bench, False, "die_by", way)
        require(bare.status == status, f"bare {way}: {bare.status} {bare.out}{bare.err}")
        bench.require_same(bare, run_under_filter(bench, True, "die_by", way), way)
