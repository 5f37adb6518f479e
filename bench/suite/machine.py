# SPDX-License-Identifier: Apache-2.0
"""On what a benchmark ran: without it no figure means anything."""

import os
import pathlib
import platform
import subprocess
import time

PACKAGES = (
    "libc6 redis-server nginx postgresql-15 sqlite3 python3 perl-base jq g++-12 clang-14 "
    "heaptrack libjemalloc2 libgoogle-perftools4 libmimalloc2.0 liblsan0 valgrind"
).split()


def first_line(argv, **options):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, **options)
    except OSError:
        return ""
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def versions():
    asked = ["dpkg-query", "-W", "-f=${Package} ${Version} ${db:Status-Status}\n", *PACKAGES]
    try:
        done = subprocess.run(asked, capture_output=True, text=True)
    except OSError:
        return {}
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[2] == "installed"}


def describe(source_folder):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "system": first_line(["sh", "-c", '. /etc/os-release; echo "$PRETTY_NAME"']),
        "commit": first_line(["git", "rev-parse", "--short", "HEAD"], cwd=source_folder),
        "load_at_start": os.getloadavg()[0],
        "started": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "versions": versions(),
    }
