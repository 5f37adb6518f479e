# SPDX-License-Identifier: Apache-2.0
"""Every form of operator new and delete, on libstdc++ and on allocators that have their own: each
block is recorded once, exceptions pass, who replaces an operator keeps it.

Catches: an allocator's operator new that goes past the recorder, a block that is recorded in
operator new and again in the malloc behind it, a shim without unwind tables, a shim that wins over
a plugin's own operator.
"""

import pathlib

from harness import Skip, require

FOLDERS = ["/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64"]
ALLOCATORS = ["libmimalloc.so.2", "libjemalloc.so.2", "libtcmalloc_minimal.so.4"]
FORMS = 12


def installed(name):
    folders = [pathlib.Path(each) for each in FOLDERS]
    found = [path for folder in folders for path in (folder / name, *folder.glob(f"*/{name}"))]
    return next((path for path in found if path.exists()), None)


def check_forms(bench, program, argument, after, expected):
    result = bench.same_as_bare(program, argument, after=after)
    require(
        (result.status, result.out) == (0, expected),
        f"{program} on {after}: {result.status} {result.out!r} {result.err!r}",
    )
    if recording := result.recording():
        plain, aligned = range(7001, 7061, 10), range(8192, 8192 + 6 * 512, 512)
        freed = [size + 1 for size in plain] + [size + 256 for size in aligned]
        recording.require_live(
            **{f"s{size}": 20 for size in (*plain, *aligned)}, **{f"s{size}": 0 for size in freed}
        )
        total = recording.memory()["totals"]["allocations"]
        expected = FORMS * 40 + (100 if argument == "throw" else 0)  # exceptions are allocated, too
        require(
            expected <= total < expected + 60, f"{after}: {total} allocations for {expected}"
        )


def check(bench):
    thrown = "caught 100, unwound 100\ndone\n"
    behind = [[]] + [[path] for path in map(installed, ALLOCATORS) if path is not None]
    for after in behind:
        # Debian's mimalloc is built as C and aborts instead of throwing.
        throws = not any("mimalloc" in path.name for path in after)
        how, expected = ("throw", thrown) if throws else ("", "done\n")
        check_forms(bench, "cxx_operators", how, after, expected)
        # Sampled: what is hit now and then passes through the same shims.
        sampled = bench.run("cxx_operators", how, after=after, settings={"DBGTRACE_SAMPLE": "4K"})
        require((sampled.status, sampled.out) == (0, expected), f"{after}: {sampled.err!r}")
    # The program's own: new and new[] of each plain form, and none of the aligned ones.
    check_forms(bench, "cxx_own_operators", "replaced", [], "240 by our own\ndone\n")
    plugin = bench.program("cxx_plugin.so")
    result = bench.same_as_bare("load_cxx_plugin", plugin)
    require(result.status == 0 and "its own ran 50 times" in result.out, f"{result.out!r}")
    require("operator new: not there" in result.out, f"a C program has {result.out!r}")
    if len(behind) == 1 and not bench.bare:
        raise Skip("neither mimalloc, jemalloc nor tcmalloc is installed")
