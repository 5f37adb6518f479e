# SPDX-License-Identifier: Apache-2.0
"""A plugin with RTLD_DEEPBIND frees our program's blocks past us, and gives it blocks that we never
saw.

Catches: a block that is not where the real malloc put it (abort in free), a stale entry that
survives a new block at its address (live twice, or with the old size), an unknown block in
realloc or free that is taken for an error.
"""

from harness import require


def check(bench):
    result = bench.same_as_bare("deepbind_frees", bench.program("plugin.so"), 3000, "model")
    require(
        (result.status, result.out) == (0, "done\n"), f"{result.status} {result.out}{result.err}"
    )
    model = {
        int(line.split()[0], 16) for line in (result.folder / "model").read_text().splitlines()
    }
    require(len(model) == 3000, f"the model has {len(model)} blocks")
    if recording := result.recording():
        blocks = recording.live()
        live = {block.address: block.size for block in blocks}
        require(len(live) == len(blocks), f"{len(blocks) - len(live)} addresses are live twice")
        wrong = [hex(address) for address in model if live.get(address) != 6001]
        require(
            not wrong, f"{len(wrong)} held blocks are missing or have another size: {wrong[:5]}"
        )
