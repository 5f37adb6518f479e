#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that documents and code agree.

1. Every DBGTRACE_ variable that the sources name is in README.md and in docs/dbgtrace.1,
   and neither names a variable that the sources do not know.
2. Every relative link in a Markdown file leads to a file, and its #anchor to a heading.
Usage: tools/check_docs.py [ROOT]; one line per violation, exit 1 if there is any.
"""
import re
import subprocess
import sys
from pathlib import Path

MAN_PAGE = "docs/dbgtrace.1"
# A variable stands in the sources as a string of its own, "DBGTRACE_X" or "DBGTRACE_X=...", or as a row of the
# table of settings, SETTING(X, ...).
VARIABLE_IN_SOURCE = re.compile(r'"(DBGTRACE_[A-Z][A-Z_]*)(?:=[^"]*)?"')
ROW_OF_TABLE = re.compile(r"^\s*(?:SETTING|HANDED_ON)\(([A-Z_]+),", re.MULTILINE)
VARIABLE = re.compile(r"\bDBGTRACE_[A-Z][A-Z_]*")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")


def markdown_files(root):
    """Tracked and new Markdown files; without git, all outside build folders."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    result = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    if result.returncode == 0:
        names = result.stdout.splitlines()
    else:
        names = [path.relative_to(root).as_posix() for path in root.rglob("*.md")
                 if not any(part.startswith("build") or part == "node_modules" for part in path.parts)]
    return [root / name for name in names if (root / name).is_file()]


def outside_code(text):
    """The lines of a Markdown text that are not inside a fenced block, with their numbers."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", lambda code: code.group(0).replace("](", "] ("), line)


def anchors(path):
    """Anchors of a Markdown file as its renderers derive them from the headings."""
    found = set()
    for _, line in outside_code(path.read_text(encoding="utf-8")):
        match = HEADING.match(line)
        if match:
            slug = re.sub(r"[^\w\- ]", "", match.group(1).lower()).replace(" ", "-")
            found.add(slug)
    return found


def check_links(root):
    for path in markdown_files(root):
        name = path.relative_to(root).as_posix()
        for number, line in outside_code(path.read_text(encoding="utf-8")):
            for link in LINK.findall(line):
                if re.match(r"[a-z]+:", link):
                    continue
                target_name, _, anchor = link.partition("#")
                target = (path.parent / target_name).resolve() if target_name else path
                if not target.exists():
                    yield f"{name}:{number}: link to {link}: no such file"
                elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                    yield f"{name}:{number}: link to {link}: no such heading"


def source_variables(root):
    found = {}
    for folder in ("ring", "hooks", "preload", "reader"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".cpp", ".hpp", ".def", ".inc"}:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            names = VARIABLE_IN_SOURCE.findall(text)
            if path.suffix == ".def":
                names += ["DBGTRACE_" + name for name in ROW_OF_TABLE.findall(text)]
            for name in names:
                found.setdefault(name, path.relative_to(root).as_posix())
    return found


def check_variables(root):
    known = source_variables(root)
    if not known:
        yield "no DBGTRACE_ variable found in ring/, hooks/, preload/, reader/"
        return
    for document in ("README.md", MAN_PAGE):
        path = root / document
        if not path.is_file():
            yield f"{document} is not there"
            continue
        documented = set(VARIABLE.findall(path.read_text(encoding="utf-8")))
        for name in sorted(set(known) - documented):
            yield f"{name} ({known[name]}) is not in {document}"
        for name in sorted(documented - set(known)):
            yield f"{document} names {name}, which no source knows"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    violations = list(check_variables(root)) + list(check_links(root))
    for violation in violations:
        print(f"docs: {violation}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
