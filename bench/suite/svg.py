# SPDX-License-Identifier: Apache-2.0
"""The CPU ratios as a picture: a row a workload, a dot a peer, a line from best to worst round."""

import html
import math

from suite.figures import spread

SHOWN = {
    "shim": "#8a8a8a",
    "sampled": "#1769aa",
    "sampled+mimalloc": "#58a6d6",
    "full": "#c2571a",
    "jemalloc-prof": "#4c9a5b",
    "tcmalloc-sampling": "#9ac07a",
    "lsan": "#8759a8",
    "heaptrack-raw": "#d98a9b",
    "heaptrack": "#b3243c",
}
LEFT, RIGHT, TOP, STEP, WIDTH = 110, 30, 76, 9, 860
TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)


class Axis:
    """Ratios to pixels, logarithmic."""

    def __init__(self, low, high):
        self.low, self.high = math.log(low), math.log(high)

    def x(self, ratio):
        inside = min(max(math.log(ratio), self.low), self.high)
        return LEFT + (inside - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)


def text(x, y, words, anchor="start", extra=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{html.escape(words)}</text>'
    )


def legend(peers):
    x, y = LEFT, 34
    for peer in peers:
        width = 22 + 6.3 * len(peer)
        if x + width > WIDTH - RIGHT:
            x, y = LEFT, y + 16
        yield f'<circle cx="{x + 4}" cy="{y - 4}" r="3.5" fill="{SHOWN[peer]}"/>'
        yield text(x + 12, y, peer)
        x += width


def draw(figures):
    found = {
        (name, peer): each
        for name in figures.workloads
        for peer in SHOWN
        if (each := spread(figures.ratios(name, peer, "cpu_s"))) is not None
    }
    if not found:
        return None
    peers = [peer for peer in SHOWN if any(key[1] == peer for key in found)]
    axis = Axis(
        min(0.7, min(each.low for each in found.values()) * 0.95),
        max(3, max(each.high for each in found.values()) * 1.05),
    )
    row = STEP * len(peers) + 10
    bottom = TOP + row * len(figures.workloads)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 30}" '
        'font-family="sans-serif" font-size="11" fill="#222">',
        f'<rect width="{WIDTH}" height="{bottom + 30}" fill="#fff"/>',
        text(
            LEFT,
            16,
            "CPU time against the bare program: median, best and worst round",
            extra=' font-size="13"',
        ),
        *legend(peers),
    ]
    for tick in TICKS:
        if axis.low <= math.log(tick) <= axis.high:
            x, colour = axis.x(tick), "#555" if tick == 1 else "#ddd"
            lines.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{colour}"/>')
            lines.append(text(x, bottom + 16, f"{tick:g}", "middle"))
    for number, name in enumerate(figures.workloads):
        top = TOP + number * row
        if number % 2:
            lines.append(
                f'<rect x="0" y="{top}" width="{WIDTH}" height="{row}" fill="#000" opacity=".035"/>'
            )
        lines.append(text(LEFT - 8, top + row / 2 + 4, name, "end"))
        for place, peer in enumerate(peers):
            each = found.get((name, peer))
            if each is None:
                continue
            y = top + 9 + place * STEP
            low, middle, high = (axis.x(value) for value in (each.low, each.median, each.high))
            lines.append(
                f'<path d="M{low:.1f} {y}H{high:.1f}" stroke="{SHOWN[peer]}" opacity=".5"/>'
            )
            lines.append(
                f'<circle cx="{middle:.1f}" cy="{y}" r="3" fill="{SHOWN[peer]}">'
                f"<title>{html.escape(name)}, {peer}: {each.median:.3f}</title></circle>"
            )
    return "\n".join([*lines, "</svg>"]) + "\n"
