# SPDX-License-Identifier: Apache-2.0
"""What is run: a program with its arguments, input and settings, before a peer is put under it."""

import dataclasses
import pathlib
import shutil
import socket


@dataclasses.dataclass(frozen=True)
class Command:
    argv: tuple
    stdin: pathlib.Path | None = None
    settings: dict = dataclasses.field(default_factory=dict)
    user: str | None = None  # UID:GID, for what refuses to run as root
    deterministic: bool = True  # prints the same in every run


def find_program(*places):
    """The first of these that is there (a name is looked up in PATH); None if there is none."""
    for place in places:
        found = shutil.which(place)
        if found is not None:
            return found
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
