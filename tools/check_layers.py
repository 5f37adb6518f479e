#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes follow the layers: preload -> hooks -> ring <- reader, and that no circle exists.

Also keeps ring/ pure: no header of the operating system or of stdio there.
Usage: tools/check_layers.py [ROOT]; one line per violation, exit 1 if there is any.
"""
import re
import sys
from pathlib import Path

ALLOWED = {
    "ring": {"ring"},
    "hooks": {"hooks", "ring"},
    "preload": {"preload", "hooks", "ring"},
    "reader": {"reader", "ring"},
}
SOURCE_SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".def", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Headers through which code reaches the system, the heap or a stream.
IMPURE = re.compile(
    r"^(sys/.*|linux/.*|unistd\.h|fcntl\.h|pthread\.h|signal\.h|csignal|dlfcn\.h|stdio\.h|cstdio"
    r"|iostream|fstream|sstream|thread|mutex|string|vector|map|unordered_map|memory|filesystem)$")


def includes_of(path):
    """Yields (line number, is_quoted, name) of each include of a file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def find_circles(graph):
    """Yields each circle once, as the list of files along it."""
    state = {}
    for start in sorted(graph):
        if start in state:
            continue
        state[start] = "open"
        path = [start]
        pending = [iter(sorted(graph[start]))]
        while pending:
            target = next(pending[-1], None)
            if target is None:
                state[path.pop()] = "done"
                pending.pop()
            elif state.get(target) == "open":
                yield path[path.index(target):] + [target]
            elif target not in state:
                state[target] = "open"
                path.append(target)
                pending.append(iter(sorted(graph.get(target, ()))))


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    violations = []
    graph = {}
    for layer, allowed in ALLOWED.items():
        for path in sorted((root / layer).rglob("*")):
            if path.suffix not in SOURCE_SUFFIXES or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            graph[name] = set()
            for number, quoted, target in includes_of(path):
                place = f"{name}:{number}"
                if not quoted:
                    if layer == "ring" and IMPURE.match(target):
                        violations.append(f"{place}: ring/ is pure and may not include <{target}>")
                    continue
                if not (root / target).is_file():
                    violations.append(f'{place}: "{target}" is not a path from the root of the tree')
                    continue
                target_layer = target.split("/")[0]
                if target_layer not in allowed:
                    violations.append(f"{place}: {layer}/ may not include {target_layer}/ ({target})")
                graph[name].add(target)
    if not graph:
        violations.append(f"{root}: no source found")
    for circle in find_circles(graph):
        violations.append("circle: " + " -> ".join(circle))
    for violation in violations:
        print(f"layers: {violation}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
