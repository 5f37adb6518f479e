# SPDX-License-Identifier: Apache-2.0
"""Eight threads with every call of the malloc family, failures, zero sizes and each other's blocks;
then SIGKILL, and the live blocks of the file are compared with the program's own list, address
by address.

Catches: a lost or doubled insert or removal in any race of address reuse, a failed realloc that
loses or shrinks its block, realloc(p, 0) that is not a free, a failed call that is recorded, a
size taken from the wrong argument.
"""

from harness import require


def read_model(path):
    model = {}
    for line in path.read_text().splitlines():
        address, size = line.split()
        model[int(address, 16)] = int(size)
    return model


def check_ledger(bench, arenas, after):
    result = bench.run(
        "exact_ledger", bench.count(125000, 25000), "model", arenas, after=after, timeout=120
    )
    require((result.status, result.out) == (-9, ""), f"{result.status} {result.out}{result.err}")
    model = read_model(result.folder / "model")
    require(len(model) > 3000, f"the model has {len(model)} blocks")
    recording = result.recording()
    if recording is None:
        return
    blocks = recording.live()
    live = {block.address: block for block in blocks}
    require(len(live) == len(blocks), f"{len(blocks) - len(live)} addresses are live twice")
    missing = model.keys() - live.keys()
    require(
        not missing,
        f"{len(missing)} of {len(model)} live blocks are missing: {list(map(hex, missing))[:5]}",
    )
    wrong = [(hex(at), size, live[at].size) for at, size in model.items() if live[at].size != size]
    require(not wrong, f"{len(wrong)} sizes are wrong (address, program, file): {wrong[:5]}")
    ghosts = [
        block
        for block in blocks
        if block.address not in model and (block.size == 0 or 1100 <= block.size <= 2060)
    ]
    require(not ghosts, f"{len(ghosts)} blocks are live in the file alone: {ghosts[:5]}")
    heavy = [block for block in blocks if block.weight != 1]
    require(not heavy, f"{len(heavy)} blocks with a weight at interval 1: {heavy[:3]}")
    totals = recording.memory()["totals"]
    expected = sum(block.size for block in blocks)
    require(
        totals["live_bytes"] == expected,
        f"memory says {totals['live_bytes']} live bytes, the blocks have {expected}",
    )
    require(recording.lost() == 0, f"losses are counted: {recording.info()['lost']}")


def check(bench):
    check_ledger(bench, 8, [])
    check_ledger(bench, 1, [])
    check_ledger(bench, 1, [bench.program("dawdling_interposer.so")])
