# SPDX-License-Identifier: Apache-2.0
"""The truth about each kind of crash: its signal and its class.

File and line at fault come from the sources: the lines marked "// crash: KIND".
"""

import collections
import pathlib
import re

KINDS = pathlib.Path(__file__).resolve().parent / "kinds"

# signal; class as in docs/json.md, the second one after a bar would be right as well
# record: whether the recorder can see this death at all
# faults: whether it meets a fault of its own and goes on
# heap: a sampled block that the crash points to: from where (any: 0), its size, live or freed
Truth = collections.namedtuple(
    "Truth", "signal crash_class record faults heap", defaults=(True, False, None))
FAULT_ADDRESS, REGISTER = 1, 2
LIVE, FREED = 1, 2

TRUTHS = {
    "null-read": Truth(11, "null-dereference"),
    "null-write": Truth(11, "null-dereference"),
    "null-call": Truth(11, "null-dereference|wild-jump"),
    "wild-read": Truth(11, "wild-access"),
    "wild-write": Truth(11, "wild-access"),
    "wild-jump": Truth(11, "wild-jump"),
    "null-string": Truth(11, "null-dereference"),
    "null-copy": Truth(11, "null-dereference"),
    "unmapped-read": Truth(11, "wild-access|use-after-free"),
    "non-canonical": Truth(11, "wild-access"),
    "exec-of-data": Truth(11, "wild-jump"),
    "write-to-rodata": Truth(11, "wild-access"),
    "bus-error": Truth(7, "bus-error"),
    "overflow-main": Truth(11, "stack-overflow"),
    "overflow-main-huge": Truth(11, "stack-overflow"),
    "overflow-thread": Truth(11, "stack-overflow"),
    "overflow-thread-huge": Truth(11, "stack-overflow"),
    "null-stack": Truth(11, "wild-access|stack-overflow"),
    "smash": Truth(6, "stack-smash"),
    "corrupt-stack": Truth(11, "wild-jump|stack-smash"),
    "use-after-free": Truth(11, "use-after-free", heap=(REGISTER, 64, FREED)),
    "use-after-free-large": Truth(11, "use-after-free", heap=(FAULT_ADDRESS, 3 << 20, FREED)),
    "heap-overflow": Truth(11, "heap-overflow", heap=(FAULT_ADDRESS, 3 << 20, LIVE)),
    "double-free": Truth(6, "double-free", heap=(0, 64, FREED)),
    "invalid-free": Truth(6, "invalid-free"),
    "corrupted-chunk": Truth(6, "heap-corruption|heap-overflow"),
    "inside-malloc": Truth(11, "heap-corruption"),
    "call-after-free": Truth(11, "use-after-free"),
    "list-after-free": Truth(11, "use-after-free"),
    "use-after-reuse": Truth(11, "use-after-free"),
    "small-overrun": Truth(6, "heap-corruption|heap-overflow"),
    "divide-by-zero": Truth(8, "arithmetic"),
    "int-overflow": Truth(8, "arithmetic"),
    "illegal-instruction": Truth(4, "illegal-instruction"),
    "breakpoint": Truth(5, "trap"),
    "seccomp-trap": Truth(31, "seccomp"),
    "seccomp-kill": Truth(31, "seccomp", False),  # no handler ever runs
    "fortify": Truth(6, "stack-smash|abort"),
    "assert": Truth(6, "assertion"),
    "abort": Truth(6, "abort"),
    "abort-with-message": Truth(6, "abort"),
    "exception": Truth(6, "uncaught-exception"),
    "exception-no-what": Truth(6, "uncaught-exception"),
    "noexcept": Truth(6, "uncaught-exception"),
    "pure-virtual": Truth(6, "abort"),
    "bad-alloc": Truth(6, "out-of-memory|uncaught-exception"),
    "sent-by-user": Truth(11, "sent-by-user"),
    "checked-overflow": Truth(6, "arithmetic"),
    "unjoined-thread": Truth(6, "abort"),
    "sent-by-child": Truth(6, "sent-by-user"),
    "in-signal-handler": Truth(11, "null-dereference"),
    "in-atexit": Truth(11, "null-dereference"),
    "in-tls-destructor": Truth(11, "null-dereference"),
    "in-dlclose": Truth(11, "null-dereference"),
    "two-threads": Truth(11, "null-dereference"),
    "many-threads": Truth(11, "null-dereference"),
    "broken-loader-list": Truth(11, "null-dereference", faults=True),
    "fork-in-handler": Truth(11, "null-dereference"),
    "exit-in-handler": Truth(11, "null-dereference"),
    "exit-after-probes": Truth(11, "null-dereference"),
    "in-forked-child": Truth(11, "null-dereference"),
    "in-vfork-child": Truth(11, "null-dereference"),
    "as-pid-1": Truth(11, "null-dereference"),
    "no-descriptors": Truth(11, "null-dereference"),
    "no-new-privs": Truth(11, "null-dereference"),
    "rust-panic": Truth(6, "abort"),
}

# A definition, up to its opening brace; of a destructor the class's name is enough.
FUNCTION = re.compile(r"^\s*(?:\S.*?[\s*~])?(\w+)\(.*\{$|^fn (\w+)")
MARK = re.compile(r"// crash: ([\w -]+?)\s*$")


def marked_lines():
    """kind -> {(file name, line)}: where it may be at fault."""
    lines = collections.defaultdict(set)
    for source in sorted(KINDS.iterdir()):
        for number, line in enumerate(source.read_text().splitlines(), start=1):
            if found := MARK.search(line):
                for kind in found[1].split():
                    lines[kind].add((source.name, number))
    return lines


def marked_functions():
    """kind -> {(file name, line, function)}."""
    places = collections.defaultdict(set)
    for source in sorted(KINDS.iterdir()):
        function = ""
        for number, line in enumerate(source.read_text().splitlines(), start=1):
            defined = FUNCTION.match(line)
            if defined and not line.lstrip().startswith(("for ", "while ", "if ", "}")):
                function = defined[1] or defined[2]
            if found := MARK.search(line):
                for kind in found[1].split():
                    places[kind].add((source.name, number, function))
    return places
