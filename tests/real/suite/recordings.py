# SPDX-License-Identifier: Apache-2.0
"""What a preloaded run has to leave: recordings of the case's programs in the folder that was asked
for (or the default one), private, bounded, readable by `dbgtrace info`, with the crashes that the
case tells of and no other, and none anywhere else.
"""

import collections
import concurrent.futures
import fnmatch
import json
import os
import stat
import subprocess

MAGIC = b"DBGTRACE"
CAP_BYTES = 50 << 20  # DBGTRACE_SIZE's default
DEFAULT_FOLDER = "home/.local/state/dbgtrace"
READER_LIMIT_S = 20
SHOWN = 5


def _expected_folder(run, mode):
    return run.folder / (DEFAULT_FOLDER if mode.default_out else "out")


def _is_recording(path):
    if path.is_symlink() or not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def found(run, mode):
    folder = _expected_folder(run, mode)
    return sorted(p for p in folder.iterdir() if _is_recording(p)) if folder.is_dir() else []


def strays(run, mode):
    """Recordings outside their folder, and whatever else lies in it."""
    expected, stray = _expected_folder(run, mode), []
    for top in ("work", "home", "tmp", "scratch", "out"):
        for folder, _, files in os.walk(run.folder / top):
            inside = run.folder.joinpath(folder) == expected
            for path in (expected.__class__(folder, name) for name in files):
                if _is_recording(path) or path.suffix == ".dbgt" or inside:
                    if not (inside and _is_recording(path)):
                        stray.append(str(path.relative_to(run.folder)))
    return [f"has no place there: {', '.join(stray[:SHOWN])} ({len(stray)})"] if stray else []


def _ask(reader, command, path):
    """(answer, None), or (None, what is wrong)."""
    try:
        done = subprocess.run([reader, command, "--json", path], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=READER_LIMIT_S)
    except subprocess.TimeoutExpired:
        return None, f"dbgtrace {command} {path.name}: over {READER_LIMIT_S} seconds"
    if done.returncode != 0:
        message = done.stderr.decode(errors="replace").strip()
        return None, f"dbgtrace {command} {path.name}: exit status {done.returncode}: {message[-300:]}"
    return json.loads(done.stdout), None


def _crash(reader, path):
    """(crash or None, what is wrong or None)."""
    info, wrong = _ask(reader, "info", path)
    state = {} if wrong else info.get("state", {})
    if state.get("kind") != "crashed" and "signal" not in state:  # that of a handler it exited from
        return None, wrong
    answer, wrong = _ask(reader, "crash", path)
    return (None, wrong) if wrong else (answer["crashes"][0] if answer["crashes"] else None, None)


def _fits(crash, signal, crash_class, function):
    names = [frame.get("function", "") for frame in crash["thread"]["stack"]]
    return (crash["signal"] == signal and crash["class"] == crash_class and
            any(function in name for name in names))


def _crash_problems(case, crashes):
    """crashes: of (path, crash). Each must be there as often as it is expected, and nothing else."""
    wrong, left = [], list(crashes)
    for (glob, *expected), times in collections.Counter(case.crashes).items():
        if expected == ["*"]:
            left = [entry for entry in left if not fnmatch.fnmatch(entry[0].name, f"{glob}.*.dbgt")]
            continue
        fitting = [entry for entry in left
                   if fnmatch.fnmatch(entry[0].name, f"{glob}.*.dbgt") and _fits(entry[1], *expected)]
        if len(fitting) != times:
            wrong.append(f"{len(fitting)} crashes of {glob} as {' '.join(expected)} instead of {times}")
        left = [entry for entry in left if entry not in fitting]
    for path, crash in left:
        names = [frame.get("function", "?") for frame in crash["thread"]["stack"]]
        wrong.append(f"{path.name}: a crash that nobody expects: {crash['summary']}; {names[:SHOWN]}")
    return wrong


def problems(case, run, mode, reader):
    files, wrong = found(run, mode), []
    for glob, least in case.records:
        count = sum(fnmatch.fnmatch(path.name, f"{glob}.*.dbgt") for path in files)
        least = least if mode.sample == "1" else 1
        if count < least:
            wrong.append(f"{count} recordings of {glob} instead of {least} "
                         f"(of {len(files)}: {', '.join(p.name for p in files[:SHOWN])})")
    for path in files:
        info = path.stat()
        if stat.S_IMODE(info.st_mode) != 0o600:
            wrong.append(f"{path.name}: mode {stat.S_IMODE(info.st_mode):o} instead of 600")
        if info.st_size > CAP_BYTES:
            wrong.append(f"{path.name}: {info.st_size} bytes, over the cap")
    if reader:
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            answers = list(pool.map(lambda path: _crash(reader, path), files))
        wrong += [complaint for _, complaint in answers if complaint]
        wrong += _crash_problems(case, [(path, crash) for path, (crash, _) in zip(files, answers) if crash])
    more = [f"... {len(wrong) - SHOWN} more of this kind"] if len(wrong) > SHOWN else []
    return wrong[:SHOWN] + more
