# SPDX-License-Identifier: Apache-2.0
"""malloc in a constructor of priority 101, in an exit handler, and in the last destructor.

Catches: a recorder that starts too late or tears itself down at exit while the program still
allocates.
"""

from harness import require


def check(bench):
    result = bench.same_as_bare("allocate_in_constructors")
    require(
        (result.status, result.out) == (0, "main\nexit handler\ndestructor\n"),
        f"{result.status} {result.out}",
    )
    if recording := result.recording():
        recording.require_live(s2001=0, s2003=100, s2005=100, s3001=0)
