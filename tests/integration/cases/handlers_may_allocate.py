# SPDX-License-Identifier: Apache-2.0
"""A handler that allocates in the middle of main's allocations, a thousand times a second; and
leaves by siglongjmp.

The next allocator is one that may be interrupted anywhere, so that any failure is ours.

Catches: a lock or a half-changed table slot that the handler meets (hang, loss), a recursion
flag that a jump out of our hook leaves set for ever (everything later is lost), an entry
published before it is whole.
"""

from harness import require


def check(bench):
    milliseconds = bench.count(10000, 1000)
    for way in ("return", "jump"):
        result = bench.same_as_bare(
            "handler_allocates",
            way,
            milliseconds,
            "model",
            after=[bench.program("signal_safe_allocator.so")],
        )
        require(
            (result.status, result.out) == (0, "done\n"),
            f"{way}: {result.status} {result.out}{result.err}",
        )
        lines = (result.folder / "model").read_text().splitlines()
        ticks = int(lines.pop().split()[1])
        model = {int(line.split()[0], 16) for line in lines}
        if recording := result.recording():
            sizes = {}
            for block in recording.live():
                sizes.setdefault(block.size, set()).add(block.address)
            missing = model - sizes.get(2001, set())
            require(
                not missing,
                f"{way}: {len(missing)} of {len(model)} finished leaks of main are missing",
            )
            # A jump may leave between malloc's return and its note by the victim: one a tick.
            spare = ticks if way == "jump" else 0
            ghosts = len(sizes.get(2001, set()) - model)
            require(ghosts <= spare, f"{way}: {ghosts} blocks that main never kept")
            # A tick that comes while the recorder creates its file is counted as lost.
            found, lost = len(sizes.get(2003, ())), recording.lost()
            require(
                ticks - lost <= found <= ticks,
                f"{way}: {found} leaks in {ticks} ticks, {lost} lost",
            )
            for size in (3001, 3003, 3005):
                stale = len(sizes.get(size, ()))
                require(stale <= spare, f"{way}: {stale} freed blocks of {size} bytes are live")
