# SPDX-License-Identifier: Apache-2.0
"""Compares two runs of a case: status, both streams and the tree of files that each has left in its
working folder and its home: names, kinds, modes, owners and contents. In the mode with the default
DBGTRACE_OUT the recordings' own folder in the home is the one thing that may come on top.
"""

import difflib
import hashlib
import os
import stat

SHOWN_LINES = 20
STATE_FOLDERS = ("home/.local", "home/.local/state", "home/.local/state/dbgtrace")


def _entry(path, with_content):
    info = os.lstat(path)
    kind = stat.filemode(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return f"{kind} -> {os.readlink(path)}"
    text = f"{kind} {info.st_uid}:{info.st_gid}"
    if stat.S_ISREG(info.st_mode) and with_content:
        with open(path, "rb") as file:
            text += f" {info.st_size} bytes {hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    return text


def _tree(case, run):
    entries = {}
    for top in ("work", "home"):
        for folder, folders, files in os.walk(run.folder / top):
            for name in folders + files:
                path = os.path.join(folder, name)
                key = os.path.relpath(path, run.folder)
                if key == STATE_FOLDERS[-1] or key.startswith(STATE_FOLDERS[-1] + "/"):
                    continue  # suite/recordings.py says whether it may be there
                inside = key.partition("/")[2]
                entries[key] = _entry(path, not case.content_varies(inside))
    return entries


def _listed(title, lines):
    more = [f"... {len(lines) - SHOWN_LINES} more lines"] if len(lines) > SHOWN_LINES else []
    return "\n".join([title] + lines[:SHOWN_LINES] + more)


def _stream_difference(name, expected, actual):
    if expected == actual:
        return []
    lines = list(difflib.unified_diff(
        expected.decode(errors="backslashreplace").splitlines(),
        actual.decode(errors="backslashreplace").splitlines(), "bare", "preloaded",
        lineterm="", n=1))
    return [_listed(f"{name} differs:", lines)]


def differences(case, bare, run):
    problems = []
    if run.status != bare.status:
        problems.append(f"{run.describe()} instead of {bare.describe()}")
    for name in ("stdout", "stderr"):
        problems += _stream_difference(name, bare.text(name), run.text(name))
    expected, actual = _tree(case, bare), _tree(case, run)
    for key in STATE_FOLDERS[:-1]:  # made for the recordings, if the program had none
        if key not in expected:
            actual.pop(key, None)
    changed = []
    for key in sorted(expected.keys() | actual.keys()):
        old, new = expected.get(key, "(absent)"), actual.get(key, "(absent)")
        if old != new:
            changed.append(f"{key}: {old} | {new}")
    if changed:
        problems.append(_listed("files differ (bare | preloaded):", changed))
    return problems
