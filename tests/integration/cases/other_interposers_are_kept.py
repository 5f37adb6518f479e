# SPDX-License-Identifier: Apache-2.0
"""Another malloc interposer before ours, and behind ours, in LD_PRELOAD.

Catches: a next malloc that is not the next one in link order (the other's counts change), a
search for it that allocates (endless recursion), a record that is lost or doubled behind another
shim.
"""

from harness import require


def check(bench):
    shim = [bench.program("counting_interposer.so")]
    for place in ({"before": shim}, {"after": shim}):
        result = bench.same_as_bare("leak_blocks", 500, 6001, **place)
        expected = "leaked 500 blocks\ninterposer saw 500 mallocs, 1000 frees\n"
        require(
            (result.status, result.out) == (0, expected), f"{place}: {result.status} {result.out}"
        )
        if recording := result.recording():
            recording.require_live(s6001=500, s6002=0)
