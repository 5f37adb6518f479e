# SPDX-License-Identifier: Apache-2.0
"""A service started with the very variables of docs/deploy/dbgtrace.conf and docs/deploy/pod.yaml
records into the folder that the same file makes, and the recorder has nothing to complain about.

Catches: a variable that was renamed, a value that is no longer understood, a name template that
loses its percent signs to systemd, a folder that is not the one that is written to.
"""

import pathlib
import re
import socket

from harness import require

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "docs/deploy"
LIBRARY_IN_PACKAGE = "/usr/lib/libdbgtrace.so"


def expand(text, unit):
    """As systemd does it: %N is the unit's name, %% a percent sign; no other may be there."""
    known = {"%%": "%", "%N": unit}
    return re.sub(r"%.", lambda found: known[found.group()], text)


def drop_in(unit):
    """Variables and folder of the drop-in."""
    settings, folder = {}, None
    for line in (DEPLOY / "dbgtrace.conf").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "Environment":
            variable, _, text = expand(value, unit).partition("=")
            settings[variable] = text
        elif name == "StateDirectory":
            folder = "/var/lib/" + expand(value, unit)
    return settings, folder


def pod():
    """Variables, mounted folders and the library's path of the service in the pod."""
    text = (DEPLOY / "pod.yaml").read_text()
    copied = re.search(r'command: \["cp", "([^"]+)", "([^"]+)"\]', text)
    require(copied and copied[1] == LIBRARY_IN_PACKAGE, f"the init container copies {copied}")
    service = text.partition("    - name: service\n")[2]
    settings = dict(re.findall(r'- \{name: ([A-Z_]+), value: "?([^"}]+)"?\}', service))
    folders = re.findall(r"- \{name: \w+, mountPath: ([^,}]+)", service)
    return settings, folders, copied[2] + pathlib.Path(LIBRARY_IN_PACKAGE).name


def starts(bench, settings, library, folder, name):
    """Nothing differs from the file but where library and folder are."""
    require(settings.pop("LD_PRELOAD") == library, f"LD_PRELOAD is not {library}")
    template = settings["DBGTRACE_OUT"]
    require(template.startswith(folder + "/"), f"{template} is not below {folder}")
    require("DBGTRACE_KEEP" in settings, f"no DBGTRACE_KEEP: {settings}")
    own = bench.new_folder()
    settings["DBGTRACE_OUT"] = template.replace(folder, str(own / "out"), 1)
    settings = {"DBGTRACE_SAMPLE": None, **settings}
    result = bench.run("leak_blocks", 2000, 2003, folder=own, settings=settings)
    said = (result.status, result.err, result.log)
    require(said == (0, "", []), f"{said}")
    made = result.recording().path.name
    expected = name.format(pid=result.pid)
    require(made == expected, f"{made}, not {expected}")
    require(result.recording().info()["samples"] > 0, f"{made}: no sample")


def check(bench):
    if bench.bare:
        return
    settings, folder = drop_in("web@1")
    starts(bench, settings, LIBRARY_IN_PACKAGE, folder, "leak_blocks.{pid}.dbgt")
    settings, folders, library = pod()
    folder = next(each for each in folders if settings["DBGTRACE_OUT"].startswith(each + "/"))
    require(str(pathlib.Path(library).parent) in folders, f"{library} is below none of {folders}")
    starts(bench, settings, library, folder, socket.gethostname() + "-leak_blocks.{pid}.dbgt")
