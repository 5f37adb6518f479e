# SPDX-License-Identifier: Apache-2.0
"""An executable that defines malloc itself.

Catches: a block of its own that reaches another free, a malloc of ours that is called behind its
back (its count of calls changes), a recorder that crashes when its malloc is never called.
"""

from harness import require


def check(bench):
    result = bench.same_as_bare("own_malloc")
    require(
        result.status == 0 and "calls of the program's own malloc" in result.out,
        f"{result.status} {result.out}",
    )
    for recording in result.recordings():
        recording.info()
