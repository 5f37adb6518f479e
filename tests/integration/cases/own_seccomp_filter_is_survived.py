# SPDX-License-Identifier: Apache-2.0
"""A program enters strict seccomp, or a filter that kills or refuses every call but four, by prctl
and by syscall; then records more than a megabyte, and leaves or crashes in each way there is.

Catches: any system call of the recorder after the filter (growth, probes, alternate stacks,
signals to itself): the exit status turns from 0 or SIGSEGV into SIGKILL or SIGSYS; or growth
that stops with a loss although it could be reserved.
"""

from harness import require, require_accounted

# Ways to die, and the status where the filter lets abort() and raise() make their calls.
DEATHS = {
    "crash": -11, "non-canonical": -11, "jump": -11, "divide": -8, "illegal": -4,
    "breakpoint": -5, "stack": -11, "abort": -6, "segv-self": -11, "abort-self": -6,
    "abort-raised": -6,
}  # fmt: skip


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
    for how in ("strict", "kill-prctl", "kill-wide-prctl", "errno-prctl", "errno-wide-prctl"):
        for way, status in DEATHS.items():
            if way == "crash":
                continue  # above
            result = bench.same_as_bare("enter_seccomp", how, way)
            by_call = way in ("abort", "segv-self", "abort-self", "abort-raised")
            if "wide" in how or not by_call:
                require(result.status == status, f"{how} {way}: {result.status}")
                if recording := result.recording():
                    kind = recording.state()["kind"]
                    require(kind == "crashed", f"{how} {way}: state {recording.state()}")
            result.discard()
