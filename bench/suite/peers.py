# SPDX-License-Identifier: Apache-2.0
"""What is put under a program: nothing, a library that only forwards, dbgtrace, and the others."""

import dataclasses
import os
import subprocess
import typing

from suite.command import find_program

LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")


def find_library(name):
    for folder in LIBRARIES:
        if os.path.exists(f"{folder}/{name}"):
            return f"{folder}/{name}"
    return None


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    about: str
    package: str | None = None  # Debian's, to say what is missing
    missing: bool = False
    # Both get the folder that the run may write its record into.
    settings: typing.Callable = lambda record: {}
    wrapper: typing.Callable = lambda record: ()
    slow: bool = False  # measured in fewer rounds
    small_only: bool = False  # so slow that it gets small inputs only
    follows_forks: bool = True  # records what forked children do
    chatty: bool = False  # prints among the program's output
    counted: bool = False  # its instructions are counted as well
    timed: bool = True


class Peers:
    """built: paths by name, of what was built here (library, command, forward)."""

    def __init__(self, built):
        self.built = built
        self.all = [*self.own(), *self.others(), *self.valgrinds()]

    def recorder(self, sample, preload=None):
        library = preload or str(self.built["library"])

        def settings(record):
            return {
                "LD_PRELOAD": library,
                "DBGTRACE_SAMPLE": sample,
                "DBGTRACE_OUT": f"{record}/%e.%p.dbgt",
            }

        return settings

    def with_mimalloc(self):
        """LD_PRELOAD as `dbgtrace run --allocator=mimalloc` sets it; None if it refuses."""
        asked = [self.built["command"], "run", "--sample", "0", "--allocator=mimalloc", "--"]
        environment = {**os.environ, "DBGTRACE_LIB": str(self.built["library"])}
        environment.pop("LD_PRELOAD", None)
        done = subprocess.run(
            [*asked, "printenv", "LD_PRELOAD"],
            capture_output=True,
            text=True,
            env=environment,
            cwd="/",
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def own(self):
        mimalloc = self.with_mimalloc()
        return [
            Peer("bare", "the program alone", counted=True),
            Peer(
                "shim",
                "a library that only forwards, by pointers from dlsym(RTLD_NEXT)",
                settings=lambda record: {"LD_PRELOAD": str(self.built["forward"])},
                counted=True,
            ),
            Peer(
                "jump",
                "one jump and nothing else, a lower bound: its instructions are counted only",
                settings=lambda record: {"LD_PRELOAD": str(self.built["jump"])},
                counted=True,
                timed=False,
            ),
            Peer(
                "sampled",
                "dbgtrace, DBGTRACE_SAMPLE=512K",
                settings=self.recorder("512K"),
                counted=True,
            ),
            Peer(
                "full",
                "dbgtrace, DBGTRACE_SAMPLE=1: every allocation",
                settings=self.recorder("1"),
                counted=True,
            ),
            Peer(
                "sampled+mimalloc",
                "dbgtrace run --allocator=mimalloc",
                package="libmimalloc2.0",
                missing=mimalloc is None,
                settings=self.recorder("512K", mimalloc),
                counted=True,
            ),
        ]

    def others(self):
        mimalloc = find_library("libmimalloc.so.2")
        jemalloc = find_library("libjemalloc.so.2")
        tcmalloc = find_library("libtcmalloc.so.4")
        sanitizer = find_library("liblsan.so.0")
        heaptrack = find_library("heaptrack/libheaptrack_preload.so")
        return [
            Peer(
                "mimalloc",
                "mimalloc alone, nothing recorded",
                package="libmimalloc2.0",
                missing=mimalloc is None,
                settings=lambda record: {"LD_PRELOAD": mimalloc},
            ),
            Peer(
                "jemalloc-prof",
                "jemalloc, prof:true,lg_prof_sample:19, a dump at the end",
                package="libjemalloc2",
                missing=jemalloc is None,
                settings=lambda record: {
                    "LD_PRELOAD": jemalloc,
                    "MALLOC_CONF": "prof:true,lg_prof_sample:19,prof_final:true,"
                    f"prof_prefix:{record}/jeprof",
                },
                counted=True,
            ),
            Peer(
                "tcmalloc-sampling",
                "tcmalloc, TCMALLOC_SAMPLE_PARAMETER=524288 (in memory, writes nothing)",
                package="libgoogle-perftools4",
                missing=tcmalloc is None,
                settings=lambda record: {
                    "LD_PRELOAD": tcmalloc,
                    "TCMALLOC_SAMPLE_PARAMETER": "524288",
                },
            ),
            Peer(
                "lsan",
                "LeakSanitizer preloaded: every allocation, a scan at the end",
                package="liblsan0",
                missing=sanitizer is None,
                settings=lambda record: {
                    "LD_PRELOAD": sanitizer,
                    "LSAN_OPTIONS": f"exitcode=0:log_path={record}/lsan",
                },
                slow=True,
            ),
            Peer(
                "heaptrack",
                "heaptrack as its users start it: recorder and interpreter",
                package="heaptrack",
                missing=find_program("heaptrack") is None,
                wrapper=lambda record: ("heaptrack", "-o", f"{record}/heaptrack"),
                chatty=True,
                slow=True,
                follows_forks=False,
            ),
            Peer(
                "heaptrack-raw",
                "heaptrack's library alone, raw data straight to a file: its least cost",
                package="heaptrack",
                missing=heaptrack is None,
                settings=lambda record: {
                    "LD_PRELOAD": heaptrack,
                    "DUMP_HEAPTRACK_OUTPUT": f"{record}/raw",
                },
                slow=True,
                follows_forks=False,
            ),
        ]

    def valgrinds(self):
        missing = find_program("valgrind") is None

        def tool(name, *options):
            return Peer(
                name,
                f"valgrind --tool={name}",
                package="valgrind",
                missing=missing,
                wrapper=lambda record: (
                    "valgrind",
                    "-q",
                    f"--tool={name}",
                    f"--log-file={record}/log",
                    *(option.format(record=record) for option in options),
                ),
                small_only=True,
            )

        return [
            tool("memcheck", "--leak-check=full"),
            tool("massif", "--massif-out-file={record}/massif"),
            tool("dhat", "--dhat-out-file={record}/dhat"),
        ]
