#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the man page's section of settings from their table, ring/settings.def.

Usage: tools/man_settings.py [--check] [ROOT]; with --check nothing is written and a section that
differs from the table is a violation: one line, exit 1.
"""
import re
import sys
from pathlib import Path

TABLE = "ring/settings.def"
MAN_PAGE = "docs/dbgtrace.1"
ROW = re.compile(r"^(?:SETTING|HANDED_ON)\((\w+), (\w+), (\w+),(.*?)\)$", re.MULTILINE | re.DOTALL)
# A column is one or more string literals side by side.
COLUMN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*')
BEGIN = '.\\" The table ring/settings.def, written by tools/man_settings.py.\n'
END = '.\\" End of the table.\n'


def rows(root):
    """Yields (name, default, help, more) of each row."""
    table = (root / TABLE).read_text(encoding="utf-8")
    for name, _, _, rest in ROW.findall(table):
        columns = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', column)) for column in COLUMN.findall(rest)]
        initial, _, summary, more = columns
        yield name, initial, summary, more


def in_roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def section(root):
    lines = []
    for name, initial, summary, more in rows(root):
        text = f"{summary[0].upper()}{summary[1:]}." + (f" {more}" if more else "")
        if initial:
            text += f" Default: {initial}."
        lines += [".TP", f".B DBGTRACE_{name}", re.sub(r"[.] (?=[A-Z])", ".\n", in_roff(text))]
    return "\n".join(lines) + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    page = (root / MAN_PAGE).read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"man_settings: {MAN_PAGE} has no place for the table (a line {BEGIN.strip()!r})")
        return 1
    written = before + begin + section(root) + end + after
    if "--check" not in sys.argv:
        (root / MAN_PAGE).write_text(written, encoding="utf-8")
    elif written != page:
        print(f"man_settings: {MAN_PAGE} does not say what {TABLE} says: run tools/man_settings.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
