# SPDX-License-Identifier: Apache-2.0
"""A static executable never loads us; one that runs with raised rights (AT_SECURE) must not record.

Catches: a launcher's or loader's complaint on stderr, a recording that a privileged program
makes for an ordinary user.
"""

import os
import shutil
import subprocess

from harness import Skip, require


def check(bench):
    result = bench.same_as_bare("static_hello")
    require(
        result.out == "hello, world\n" and not result.recordings(),
        f"{result.out} {result.recordings()}",
    )
    if os.getuid() != 0:
        raise Skip("not root: cannot give a file capabilities")
    program = bench.work / "privileged_leaks"
    shutil.copy(bench.program("leak_blocks"), program)
    done = subprocess.run(
        ["setcap", "cap_net_bind_service+ep", program], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Skip(f"setcap: {done.stderr.strip()}")

    def as_nobody():
        os.setgid(65534)
        os.setuid(65534)

    bare = bench.run(program, 2000, 2003, record=False, setup=as_nobody)
    recorded = bench.run(program, 2000, 2003, setup=as_nobody)
    require(
        (recorded.status, recorded.out) == (bare.status, bare.out),
        f"{recorded.status} {recorded.out}{recorded.err}",
    )
    require(recorded.status == 0 and not recorded.recordings(), "a privileged program was recorded")
