# SPDX-License-Identifier: Apache-2.0
"""Small programs at the default interval, in which nothing is sampled and nothing crashes.

Catches: empty recordings of every helper that a program starts; an empty recording that outlives
a clean exit.
"""

import pathlib

from harness import require


def check(bench):
    for program, arguments in (
        (pathlib.Path("/bin/true"), ()),
        (pathlib.Path("/bin/sh"), ("-c", "/bin/echo said; /bin/true; exit 0")),
        ("hello_world", ()),
    ):
        for settings in (
            {"DBGTRACE_SAMPLE": "1G"},
            {"DBGTRACE_SAMPLE": "1G", "DBGTRACE_CRASH": "0"},
            {"DBGTRACE_SAMPLE": "0"},
        ):
            result = bench.same_as_bare(program, *arguments, settings=settings)
            require(result.status == 0, f"{program}: {result.status} {result.err}")
            names = [each.path.name for each in result.recordings()]
            require(
                not names and not result.log,
                f"{program} {settings}: left {names}, log {result.log}",
            )
