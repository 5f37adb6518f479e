# SPDX-License-Identifier: Apache-2.0
"""A program enters strict seccomp, or a filter that kills or refuses every call but four, by prctl
and by syscall; then records more than a megabyte, and leaves or crashes.

Catches: any system call of the recorder after the filter (growth, probes, alternate stacks,
signals to itself): the exit status turns from 0 or SIGSEGV into SIGKILL or SIGSYS; or growth
that stops with a loss although it could be reserved.
"""

from harness import require, require_accounted


def check(bench):
    for how in ("strict", "kill-prctl", "kill-syscall", "errno-prctl"):
        for end, status in (("leave", 0), ("crash", -11)):
            result = bench.same_as_bare("enter_seccomp", how, end)
            require(
                (result.status, result.out) == (status, "unharmed\n"),
                f"{how} {end}: {result.status} {result.out!r}",
            )
            require_accounted(result, s2001=1000, s2003=30000, s3003=0)
            if recording := result.recording():
                require(
                    recording.live_counts()[2001] == 1000,
                    f"{how} {end}: events from before the filter are lost",
                )
