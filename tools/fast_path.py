#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The instructions that a call pays which is not sampled, read from the built library.

Usage: tools/fast_path.py LIBRARY TABLE [--update]   (LIBRARY with its symbols: build/debug/libdbgtrace.so)

From the entry of each shim the path is followed on which no conditional jump is taken, over direct
jumps, up to the jump into the real function (or the return from it). One line per violation, exit 1
if there is any:
- a count that differs from the table; `--update` (`make golden`) writes the table anew;
- a store to anything but the stack and thread-local storage: a cache line that threads would share;
- thread-local storage that is not initial-exec, by relocations and imports.
Without x86-64 or symbols there is nothing to ask: exit 77.
"""
import os
import re
import subprocess
import sys

# Exported name, or the stand-in behind operator new and delete of an allocator that has its own.
SHIMS = {
    "malloc": "malloc",
    "free": "free",
    "calloc": "calloc",
    "realloc": "realloc",
    "reallocarray": "reallocarray",
    "memalign": "memalign",
    "aligned_alloc": "aligned_alloc",
    "posix_memalign": "posix_memalign",
    "malloc_usable_size": "malloc_usable_size",
    "operator new": "_Znwm",
    "operator delete": "_ZdlPv",
    "operator new, the allocator's own": r"_ZN.*counted_newILj0E.*",
    "operator delete, the allocator's own": r"_ZN.*counted_deleteILj0E.*",
}
LONGEST = 100
SKIPPED = 77
READS_ONLY = re.compile(r"^(cmp|test|call|jmp|push|nop|endbr|prefetch|bt\b)")


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def functions(library):
    """{name: [(address, mnemonic and operands)]}"""
    found, lines = {}, None
    for line in run("objdump", "-d", "--no-show-raw-insn", library).splitlines():
        if head := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
            lines = found.setdefault(head[1], [])
        elif (body := re.match(r"^ *([0-9a-f]+):\t(.+)$", line)) and lines is not None:
            lines.append((int(body[1], 16), re.sub(r"\s*#.*$", "", body[2]).strip()))
    return found


def follow(code, name):
    """The instructions from the entry of a function to the jump out of the library."""
    places = {address: (body, i) for body in code.values() for i, (address, _) in enumerate(body)}
    body, at, path = code[name], 0, []
    while len(path) < LONGEST:
        address, text = body[at]
        path.append(text)
        if re.match(r"^(notrack )?jmp\s+\*|^(bnd )?ret", text):
            return path
        if jump := re.match(r"^jmp\s+([0-9a-f]+)", text):
            body, at = places[int(jump[1], 16)]
            continue
        at += 1
    raise ValueError(f"{name}: no end within {LONGEST} instructions")


def shared_store(text):
    """Whether an instruction writes memory that is neither the stack nor thread-local."""
    mnemonic, _, operands = text.partition(" ")
    last = re.split(r",(?![^(]*\))", operands.strip())[-1].strip()
    if mnemonic == "lock" or "xchg" in text:
        return True
    if "(" not in last or READS_ONLY.match(text):
        return False
    return not (last.startswith("%fs:") or re.search(r"\(%r[sb]p\b", last))


def thread_local_violations(library):
    relocations = {line.split()[2] for line in run("readelf", "-rW", library).splitlines()
                   if re.match(r"^[0-9a-f]{8,}", line)}
    kinds = {kind for kind in relocations if re.search("TPOFF|DTP|TLS", kind)}
    if kinds != {"R_X86_64_TPOFF64"}:
        yield f"relocations of thread-local storage are {sorted(kinds)}, not R_X86_64_TPOFF64 alone"
    if "__tls_get_addr" in run("nm", "-D", "--undefined-only", library):
        yield "imports __tls_get_addr"


def main():
    library, table = sys.argv[1:3]
    if "X86-64" not in run("readelf", "-hW", library):
        print("fast path: the table is of x86-64")
        return SKIPPED
    code = functions(library)
    violations = list(thread_local_violations(library))
    rows = []
    for title, pattern in SHIMS.items():
        names = [name for name in code if re.fullmatch(pattern, name)]
        if len(names) != 1:
            violations.append(f"{title}: {len(names)} functions are called {pattern}")
            continue
        path = follow(code, names[0])
        rows.append(f"{len(path):3} {title}")
        violations += [f"{title}: writes shared memory: {each}" for each in path if shared_store(each)]
    if "--update" in sys.argv or os.environ.get("DBGTRACE_UPDATE_GOLDEN") == "1":
        with open(table, "w", encoding="utf-8") as out:
            out.write("# Instructions of each shim where nothing is sampled; written by `make golden`.\n")
            out.write("\n".join(rows) + "\n")
    with open(table, encoding="utf-8") as lines:
        expected = [line.rstrip("\n") for line in lines if not line.startswith("#")]
    violations += [f"{row.strip()}: not in the table" for row in rows if row not in expected]
    violations += [f"{row.strip()}: in the table only" for row in expected if row not in rows]
    for violation in violations:
        print(f"fast path: {violation}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
