# SPDX-License-Identifier: Apache-2.0
"""The parts of tests/real/run: case (what), sandbox (where), snapshot and recordings (checks); signal_actions is
for tests/real/attach."""
