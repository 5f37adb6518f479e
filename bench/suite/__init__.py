# SPDX-License-Identifier: Apache-2.0
"""The side-by-side benchmark: one file a concern, see docs/performance.md."""
