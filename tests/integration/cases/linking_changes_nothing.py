# SPDX-License-Identifier: Apache-2.0
"""Programs that are linked with all calls bound at the start, lazily, at a fixed address, and plugins that are linked
with -Bsymbolic or stay for ever.

Catches: calls that go past the recorder, or through it twice, because of how a module finds its functions.
"""

from harness import require

PROGRAMS = ("leak_blocks", "leak_blocks_bound_now", "leak_blocks_bound_lazily", "leak_blocks_in_place")


def check(bench):
    for program in PROGRAMS:
        result = bench.same_as_bare(program, 500, 4000)
        require(result.status == 0, f"{program}: exit {result.status}")
        if recording := result.recording():
            recording.require_live(s4000=500)
    for plugin in ("plugin_symbolic.so", "plugin_whole.so"):
        result = bench.same_as_bare("plugin_loop", bench.program(plugin), 50)
        require((result.status, result.out) == (0, "done, dlerror none\n"), f"{plugin}: {result.out}")
        if recording := result.recording():
            recording.require_live(s7001=0, s7003=50, s7005=0, s7007=0, s7009=0)
