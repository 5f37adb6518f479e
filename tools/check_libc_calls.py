#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the in-process code calls nothing outside the tree but what an allow-list names.

Usage: tools/check_libc_calls.py --allowed FILE [--defined ARCHIVE ...] OBJECT...

The undefined symbols of the objects, less what the objects and archives themselves define, must all be in
the list. A plain C name defined by a preload/ object does not count as defined elsewhere: hooks/ that
call `malloc` would reach our own shim, and from there themselves.
"""
import argparse
import subprocess
import sys


def symbols(path, undefined):
    """Names that an object or archive needs (undefined) or offers to others."""
    option = "--undefined-only" if undefined else "--defined-only"
    output = subprocess.run(["nm", "--extern-only", "-P", option, path], check=True, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return {line.split()[0] for line in output.splitlines() if len(line.split()) > 1}


def read_allowed(path):
    """(exact names, prefixes, complaints) of the allow-list."""
    exact, prefixes, complaints = set(), [], []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, reason = line.strip().partition(" ")
            if not reason.strip():
                complaints.append(f"{path}:{number}: {name} has no reason")
            if name in exact:
                complaints.append(f"{path}:{number}: {name} stands there twice")
            if name.endswith("*"):
                prefixes.append(name[:-1])
            else:
                exact.add(name)
    return exact, tuple(prefixes), complaints


def short_name(path):
    """hooks/os/mapping.cpp for .../dbgtrace_hooks.dir/os/mapping.cpp.o"""
    head, found, tail = path.partition("CMakeFiles/dbgtrace_")
    if not found:
        return path
    target, _, source = tail.partition(".dir/")
    return f"{target}/{source.removesuffix('.o')}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allowed", required=True)
    parser.add_argument("--defined", action="append", default=[])
    parser.add_argument("objects", nargs="*")
    arguments = parser.parse_args()
    if not arguments.objects:
        print("libc calls: no object file given")
        return 1

    exact, prefixes, violations = read_allowed(arguments.allowed)
    own = set()
    for path in arguments.defined:
        own |= symbols(path, undefined=False)
    for path in arguments.objects:
        names = symbols(path, undefined=False)
        if "dbgtrace_preload.dir/" in path:
            names = {name for name in names if name.startswith(("_Z", "dbgtrace_"))
                     and not name.startswith(("_Zn", "_Zd"))}
        own |= names

    for path in sorted(arguments.objects):
        for name in sorted(symbols(path, undefined=True) - own - exact):
            if not name.startswith(prefixes or ("\0",)):
                violations.append(f"{short_name(path)} needs {name}, which {arguments.allowed} does not allow")
    for violation in violations:
        print(f"libc calls: {violation}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
