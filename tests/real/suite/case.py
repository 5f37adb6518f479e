# SPDX-License-Identifier: Apache-2.0
"""A case is a bash script whose first comment lines say what it needs. Keys, one a line:

  # about: TEXT            what of the program is exercised
  # needs: PACKAGE...      the Debian packages; tests/real/install reads them from here
  # detect: COMMAND        exits 0 if the program is here
  # records: GLOB [COUNT]  executables that must leave a recording and, when every allocation is
                           recorded (a short helper may end between two samples), COUNT; repeatable
  # crashes: GLOB SIGNAL CLASS FUNCTION
                           a recording of these executables has a crash, by SIGNAL, of CLASS, with a
                           function on its stack whose name contains FUNCTION; as many of them as there
                           are such lines. GLOB *: any number of any kind. No other recording may have one: a fault
                           that was handled is no crash
  # varies: GLOB REASON    files whose content may differ (name, kind and mode may not); repeatable
"""

import dataclasses
import fnmatch
import pathlib


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    script: pathlib.Path
    about: str
    needs: tuple
    detect: str
    records: tuple  # of (glob of the executable's name, least number of recordings)
    crashes: tuple  # of (glob of the executable's name, signal, class, function)
    varies: tuple   # of (glob of the path, reason)

    def content_varies(self, path):
        return any(fnmatch.fnmatch(path, glob) for glob, _ in self.varies)


def _header(script):
    """The `# key: value` lines that lead the script, as (key, value)."""
    for line in script.read_text().splitlines()[1:]:
        if not line.startswith("#"):
            return
        key, colon, value = line[1:].strip().partition(":")
        if colon and key.isalpha() and key.islower():
            yield key, value.strip()


def _load(script):
    single, repeated = {}, {"records": [], "crashes": [], "varies": []}
    for key, value in _header(script):
        if key in repeated:
            repeated[key].append(tuple(value.split(None, 3 if key == "crashes" else 1)))
        elif key in ("about", "needs", "detect"):
            single[key] = value
        else:
            raise ValueError(f"{script}: unknown key '{key}'")
    missing = {"about", "needs", "detect"} - single.keys()
    lengths_fit = (all(len(v) == 2 for v in repeated["varies"]) and
                   all(len(v) == 4 or v[1:] == ("*",) for v in repeated["crashes"]))
    if missing or not repeated["records"] or not lengths_fit:
        raise ValueError(f"{script}: incomplete header {sorted(missing)}")
    return Case(name=script.stem, script=script, about=single["about"],
                needs=tuple(single["needs"].split()), detect=single["detect"],
                records=tuple((v[0], int(v[1]) if len(v) > 1 else 1) for v in repeated["records"]),
                crashes=tuple(repeated["crashes"]), varies=tuple(repeated["varies"]))


def load_cases(folder):
    return [_load(script) for script in sorted(pathlib.Path(folder).glob("*.sh"))]
