# SPDX-License-Identifier: Apache-2.0
"""What `dbgtrace crash` says of each crash, against the truth: a table of class by class.

A right class that is hardly claimed costs little, a wrong one that is claimed with confidence sends
somebody to the wrong place: the first may happen now and then, the second never.
"""

import collections
import json
import pathlib
import subprocess

RIGHT_SHARE = 0.95  # of all crashes, at least
CONFIDENT = 0.9  # above it nothing may be wrong


class Verdict:
    """The only crash of a recording, as the reader sees it."""

    def __init__(self, recording, reader):
        done = subprocess.run([reader, "crash", "--json", recording], capture_output=True, text=True)
        crashes = json.loads(done.stdout)["crashes"] if done.returncode == 0 else []
        self.complaint = done.stderr.strip()
        self.given = len(crashes) == 1
        crash = crashes[0] if self.given else {}
        self.crash_class = crash.get("class", "none")
        self.confidence = crash.get("confidence", 0.0)
        self.evidence = "; ".join(crash.get("evidence", []))
        thread = crash.get("thread", {})
        frames, title = thread.get("stack", []), thread.get("title_frame", 0)
        frame = frames[title] if title < len(frames) else {}
        self.function = frame.get("function", "")
        self.place = (pathlib.Path(frame.get("file", "")).name, frame.get("line", 0))


class Table:
    """Counts of true class by given class; what is wrong, in words."""

    def __init__(self):
        self.counts = collections.Counter()
        self.wrong, self.confident_wrong, self.misplaced = [], [], []

    def add(self, name, expected, verdict, places):
        """expected: classes, the likeliest first; places: {(file, line, function)}. True if right."""
        right = verdict.crash_class in expected
        self.counts[(verdict.crash_class if right else expected[0], verdict.crash_class)] += 1
        said = f"{name}: {verdict.crash_class} ({verdict.confidence:.2f}: {verdict.evidence})"
        if not right:
            self.wrong.append(f"{said}, not {' or '.join(expected)} {verdict.complaint}")
            if verdict.confidence > CONFIDENT:
                self.confident_wrong.append(said)
        at_fault = any(verdict.place == place[:2] and place[2] in verdict.function for place in places)
        if not at_fault:
            self.misplaced.append(f"{name}: {verdict.function} at {verdict.place}, not {sorted(places)}")
        return right and at_fault

    def judge(self):
        """Prints the table and what is wrong; True if that is little enough."""
        total = sum(self.counts.values())
        if total == 0:
            return True
        right = total - len(self.wrong)
        given = sorted({pair[1] for pair in self.counts})
        print("\nClass that dbgtrace crash gives (columns, by letter) of crashes of each class (rows):\n")
        letters = {name: chr(ord("a") + i) for i, name in enumerate(given)}
        for true in sorted({pair[0] for pair in self.counts} | set(given)):
            cells = [self.counts[(true, name)] for name in given]
            row = "".join(f"{count or '.':>5}" for count in cells)
            print(f"  {letters.get(true, ' ')} {true:20}{row}")
        print(" " * 24 + "".join(f"{letters[name]:>5}" for name in given))
        print(f"\nright: {right} of {total} ({right / total:.1%}); wrong with more than {CONFIDENT:.0%} "
              f"confidence: {len(self.confident_wrong)}; function and line at fault: "
              f"{total - len(self.misplaced)} of {total}")
        for line in self.wrong + self.misplaced:
            print(f"  {line}")
        return right >= RIGHT_SHARE * total and not self.confident_wrong and not self.misplaced
