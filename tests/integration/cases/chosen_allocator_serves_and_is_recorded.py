# SPDX-License-Identifier: Apache-2.0
"""`run --allocator=NAME`: every block comes from that allocator, and each is recorded, those of
operator new as well.

Catches: an allocator that stands in the wrong place of LD_PRELOAD, its own operator new that goes
past the recorder, a launcher that starts the program without the allocator that was asked for.
"""

from harness import Skip, require


def check(bench):
    if bench.bare:
        raise Skip("needs the launcher")
    served = []
    for name in ("mimalloc", "jemalloc", "tcmalloc"):
        result = bench.run(
            bench.reader,
            "run",
            f"--allocator={name}",
            "--",
            bench.program("blocks_of_allocator"),
            name,
            record=False,
            settings={"DBGTRACE_LIB": str(bench.lib)},
        )
        if result.status == 125 and "not installed" in result.err:
            require(f"{name} is not installed" in result.err, f"{name}: says {result.err!r}")
            continue
        require(
            (result.status, result.out) == (0, "100 from malloc, 100 from new\n")
            and result.err.startswith("recorded: "),
            f"{name}: {result.status} {result.out!r} {result.err!r}",
        )
        result.recording().require_live(s6001=100, s6007=100, s6011=0)
        served.append(name)
    result = bench.run(
        bench.reader, "run", "--allocator=nosuch", "--", "/bin/true", record=False
    )
    require(result.status == 2 and "nosuch" in result.err, f"{result.status} {result.err!r}")
    if not served:
        raise Skip("neither mimalloc, jemalloc nor tcmalloc is installed")
