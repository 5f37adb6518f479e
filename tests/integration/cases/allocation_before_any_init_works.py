# SPDX-License-Identifier: Apache-2.0
"""free(NULL), malloc and realloc from .preinit_array: before the constructor of any preloaded
library.

Catches: a first call that needs what only our constructor sets up, an initialisation that the
constructor then undoes.
"""

from harness import require


def check(bench):
    result = bench.same_as_bare("free_null_first")
    require(
        (result.status, result.out) == (0, "kept\n"), f"{result.status} {result.out}{result.err}"
    )
    if recording := result.recording():
        recording.require_live(s2001=0, s2003=0, s2005=1, s3000=0)
