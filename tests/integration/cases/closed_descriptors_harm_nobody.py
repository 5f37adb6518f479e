# SPDX-License-Identifier: Apache-2.0
"""A program closes descriptors 0 to 1023 and counts on getting 0, 1 and 2 from its next opens.

Catches: a descriptor that the recorder keeps open or takes later; a file that can no longer grow
because its descriptor is gone; recorder's bytes written into the program's new descriptor.
"""

from harness import require, require_accounted


def check(bench):
    for settings in ({}, {"DBGTRACE_LOG": "stderr"}):
        result = bench.same_as_bare("close_every_descriptor", "said", settings=settings)
        said = (result.folder / "said").read_text()
        require(said == "descriptors 0 1 2\n", f"{settings}: {said!r}")
        if not settings:
            require_accounted(result, s2001=1000, s2003=10000, s2005=10000)
        if recording := result.recording():
            require(
                recording.live_counts()[2001] == 1000, "events from before the closing are lost"
            )
