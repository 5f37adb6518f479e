# SPDX-License-Identifier: Apache-2.0
"""Tables and figures as Markdown writes them: medians, in brackets the smallest and the largest."""

from suite.figures import Spread


def section(title, *note):
    yield f"## {title}"
    yield ""
    if note:
        yield from note
        yield ""


def table(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def number(value):
    """Two decimals below ten, one below a hundred."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(found):
    if found is None:
        return ""
    if found.count == 1:
        return number(found.median)
    return f"{number(found.median)} ({number(found.low)} to {number(found.high)})"


def scaled(found, factor):
    if found is None:
        return None
    return Spread(found.median * factor, found.low * factor, found.high * factor, found.count)
