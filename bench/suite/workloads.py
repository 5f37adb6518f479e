# SPDX-License-Identifier: Apache-2.0
"""What is measured: programs that others wrote, as Debian ships them, and loops of our own.

A size is relative: 1 takes about half a second bare on a machine of 2024, `small` is for tools that
make a program fifty times slower.
"""

import dataclasses
import subprocess
import typing

from suite.command import Command, find_program
from suite.postgres import Postgres
from suite.servers import Nginx, Redis


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    about: str
    real: bool  # written by others
    program: str | None  # what it needs; None: not installed
    command: typing.Callable | None = None  # of a size
    small: typing.Callable | None = None  # the command for slow tools
    server: object = None


def at_least_one(value):
    return max(1, round(value))


def sqlite(inputs):
    program = find_program("/usr/bin/sqlite3", "sqlite3")

    def command(size):
        return Command((program, ":memory:"), stdin=inputs.sql(at_least_one(size * 60000)))

    about = "inserts, an index, grouping, JSON and joins in memory, by the shell"
    return Workload("sqlite3", about, True, program, command, lambda: command(0.02))


def python(inputs):
    program = find_program("/usr/bin/python3")
    settings = {"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}

    def command(size):
        turns = str(at_least_one(size * 20))
        return Command((program, "-S", str(inputs.python()), turns), settings=settings)

    about = "JSON, objects, regular expressions; PYTHONMALLOC=malloc"
    return Workload("python3", about, True, program, command, lambda: command(0.05))


def perl(inputs):
    program = find_program("/usr/bin/perl", "perl")
    settings = {"PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"}

    def command(size):
        argv = (program, str(inputs.perl()), str(at_least_one(size * 9000)))
        return Command(argv, settings=settings)

    about = "hashes, splitting, sorting and substitution"
    return Workload("perl", about, True, program, command, lambda: command(0.06))


def jq(inputs):
    program = find_program("/usr/bin/jq", "jq")
    query = (
        "[.[] | select(.place.x > 3) | {name: (.name | ascii_upcase), tag: .tags[0], sum: (.place.x"
        " + .place.y)}] | group_by(.tag) | map({tag: .[0].tag, n: length, sum: (map(.sum) | add)})"
    )

    def command(size):
        records = inputs.records(at_least_one(size * 18000))
        return Command((program, "-c", query, str(records)))

    about = "selects and groups an array of objects"
    return Workload("jq", about, True, program, command, lambda: command(0.03))


def cc1plus(inputs):
    compiler = find_program("g++")
    program = None
    if compiler is not None:
        asked = [compiler, "-print-prog-name=cc1plus"]
        program = find_program(subprocess.run(asked, capture_output=True, text=True).stdout.strip())

    def command(size):
        source = inputs.preprocessed(compiler, at_least_one(size * 3) if size > 0 else 0)
        options = ("-quiet", "-fpreprocessed", "-std=c++17", "-O0" if size < 1 else "-O1")
        return Command((program, *options, str(source), "-o", "/dev/null"))

    about = "compiles a file full of templates; the compiler proper, without its driver"
    return Workload("cc1plus", about, True, program, command, lambda: command(0))


def clangxx(inputs):
    program = find_program("/usr/bin/clang++", "clang++")

    def command(size):
        source = inputs.preprocessed(program, at_least_one(size * 3) if size > 0 else 0)
        options = ("-std=c++17", "-O0" if size < 1 else "-O1", "-c")
        return Command((program, *options, str(source), "-o", "/dev/null"))

    return Workload("clang++", "compiles the same file", True, program, command, lambda: command(0))


def own(programs, name, about, full, small, title=None):
    """A loop of ours: full and small turn a size into arguments."""
    program = str(programs / name)

    def command(size):
        return Command((program, *(str(each) for each in full(size))))

    def small_command():
        return Command((program, *(str(each) for each in small)))

    return Workload(title or name, about, False, program, command, small_command)


def tight(programs, threads):
    def full(size):
        return threads, at_least_one(size * 10_000_000 / threads)

    about = f"nothing but malloc and free, {threads} thread{'s' if threads > 1 else ''}"
    return own(programs, "tight", about, full, (threads, 200_000 // threads), f"tight-{threads}")


def churn(programs):
    def full(size):
        return 4, at_least_one(size * 1_500_000)

    about = "four threads that replace blocks at random and free those of others"
    return own(programs, "churn", about, full, (4, 15_000))


def factor(programs):
    about = "factors numbers; every natural is a small block (in the manner of cfrac)"
    return own(programs, "factor", about, lambda size: [at_least_one(size * 40)], [1])


def minimise(programs):
    def full(size):
        return 9, at_least_one(size * 500)

    about = "minimises truth tables; terms in growing arrays (in the manner of espresso)"
    return own(programs, "minimise", about, full, (7, 20))


def all_workloads(inputs, programs, servers):
    """programs: the folder of ours; servers: a folder for their data."""
    found = [
        sqlite(inputs),
        python(inputs),
        perl(inputs),
        jq(inputs),
        cc1plus(inputs),
        clangxx(inputs),
    ]
    for server in (Redis(servers), Nginx(servers), Postgres(servers)):
        small = server.small_command if hasattr(server, "small_command") else None
        found.append(Workload(server.name, server.about, True, server.program, None, small, server))
    found += [tight(programs, threads) for threads in (1, 2, 4)]
    return found + [churn(programs), factor(programs), minimise(programs)]
