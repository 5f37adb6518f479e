# SPDX-License-Identifier: Apache-2.0
"""A thousand SIGSEGVs that the program handles by itself and jumps out of; sigaction shows what the
program installed.

Catches: a handler of ours that swallows, counts as a crash or reorders the program's faults;
flags or mask that show; a final death by the default action that is no longer one, or that is
not recorded.
"""

from harness import require


def check(bench):
    for settings in ({}, {"DBGTRACE_CRASH": "0"}):
        result = bench.same_as_bare("handle_own_faults", settings=settings)
        require(
            (result.status, result.out) == (-11, "handled 1000\n"), f"{result.status} {result.out}"
        )
    result = bench.same_as_bare("handle_own_faults")
    if recording := result.recording():
        state = recording.state()
        require(state.get("kind") == "crashed", f"state {state}")
