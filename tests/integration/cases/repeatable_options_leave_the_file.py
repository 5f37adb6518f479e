# SPDX-License-Identifier: Apache-2.0
"""Every option that may be given more than once, right before the file name.

Catches: an option that takes the file for one more value, so that the command reads another recording, or none.
"""

import re
import subprocess

from harness import require

FILE = object()
COMMANDS = {
    "leaks": (FILE,),
    "memory": (FILE,),
    "annotate": ("victim.h", FILE),
    "diff": (FILE, FILE),
    "html": (FILE,),
    "export": ("--format=csv", FILE),
    "crash": (FILE,),
}
VALUES = {"--by": "live", "--thread": "1", "--suppressions": "suppressions"}


def repeatable_options(reader, command):
    text = subprocess.run([reader, command, "--help"], capture_output=True, text=True).stdout
    # An option begins in the third column; its description may go on in the next lines.
    entries = re.split(r"\n(?=  -)", text)
    return [
        re.search(r"--[a-z-]+", entry).group()
        for entry in entries
        if re.match(r"\s*-", entry) and "repeatable" in " ".join(entry.split())
    ]


def check(bench):
    result = bench.run("leak_blocks", 10, 4000)
    if bench.bare:
        return
    recording = result.recording().path
    folder = result.folder / "empty"  # where no other recording is found
    folder.mkdir()
    (folder / "suppressions").write_text("leak:nothing\n")
    seen = set()
    for command, words in COMMANDS.items():
        words = [recording if word is FILE else word for word in words]
        for option in repeatable_options(bench.reader, command):
            seen.add(option)
            done = subprocess.run(
                [bench.reader, command, option, VALUES.get(option, "."), *words],
                capture_output=True,
                text=True,
                cwd=folder,
                env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            )
            message = done.stderr.strip()
            require(
                done.returncode != 2 and "no recording found" not in message,
                f"{command} {option} VALUE FILE: exit {done.returncode}: {message}",
            )
    require({"--by", "--function", "--debug-dir", "--suppressions"} <= seen, f"only {seen} are said to be repeatable")
