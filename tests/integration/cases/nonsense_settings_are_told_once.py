# SPDX-License-Identifier: Apache-2.0
"""Values that make no sense, in every variable: the program starts, the default is used, the log
has one line.

Catches: output on stdout or stderr, a program that does not start, silence, a line for every
use, a recording that is lost because of one bad value.
"""

from harness import require

NONSENSE = {
    "DBGTRACE_SAMPLE": ("banana", "-5", "1X", "99999999999999999999999"),
    "DBGTRACE_SIZE": ("12Q", "4K", "-1"),
    "DBGTRACE_TOTAL": ("much",),
    "DBGTRACE_KEEP": ("few", "-3"),
    "DBGTRACE_BUDGET": ("half", "-1%"),
    "DBGTRACE_CHILDREN": ("some",),
    "DBGTRACE_CRASH": ("maybe",),
    "DBGTRACE_CRASH_STACK": ("deep",),
    "DBGTRACE_DISABLE": ("perhaps",),
}


def check(bench):
    for variable, values in NONSENSE.items():
        for value in values:
            result = bench.same_as_bare("leak_blocks", 3000, 2003, settings={variable: value})
            if bench.bare:
                continue
            require(
                len(result.log) == 1, f"{variable}={value}: one line of log expected: {result.log}"
            )
            require(
                variable in result.log[0],
                f"{variable}={value}: the line does not name it: {result.log}",
            )
            expected = result.recording().live_counts()[2003]
            if variable == "DBGTRACE_SAMPLE":
                require(
                    expected < 300,
                    f"{variable}={value}: {expected} samples: not the default interval",
                )
            else:
                require(expected == 3000, f"{variable}={value}: {expected} of 3000 leaks")
    # All at once, and a log that cannot be written.
    settings = {variable: values[0] for variable, values in NONSENSE.items()}
    result = bench.same_as_bare("leak_blocks", 3000, 2003, settings=settings)
    require(bench.bare or len(result.log) == len(NONSENSE), f"{result.log}")
    bench.same_as_bare(
        "leak_blocks", 3000, 2003, settings={**settings, "DBGTRACE_LOG": "/proc/none/log"}
    )
    bench.same_as_bare("leak_blocks", 3000, 2003, settings={**settings, "DBGTRACE_LOG": None})
