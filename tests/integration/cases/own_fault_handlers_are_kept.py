# SPDX-License-Identifier: Apache-2.0
"""A thousand SIGSEGVs that the program handles by itself and jumps out of; sigaction shows what the
program installed.

Catches: a handler of ours that swallows, counts as a crash or reorders the program's faults;
flags or mask that show; a final death by the default action that is no longer one.
"""

from harness import require


def check(bench):
    for settings in ({}, {"DBGTRACE_CRASH": "0"}):
        result = bench.same_as_bare("handle_own_faults", settings=settings)
        require(
            (result.status, result.out) == (-11, "handled 1000\n"), f"{result.status} {result.out}"
        )
        if recording := result.recordings() and not settings and result.recordings()[0]:
            state = recording.state()
            require(
                (state.get("kind"), state.get("signal")) == ("crashed", "SIGSEGV"), f"state {state}"
            )
