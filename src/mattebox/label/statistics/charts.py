"""Bars as SVG, coloured by the page that they stand in, so that they suit light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Bar", "columns", "stacked"]

WIDTH, NAMES, NUMBERS = 760, 190, 90
"""Of a chart, of the names left of its bars, and of the numbers right of them; pixels where nothing is scaled."""

STEP, THICK = 24, 16
TALL, FOOT = 180, 34
LETTERS = 26
"""What fits beside a bar; the whole name appears when it is pointed at."""


class Bar(NamedTuple):
    """One bar.

    Attributes:
        name: what it is of.
        values: lengths of its pieces, one for each series.
        words: what is written at its end; the sum unless given.
    """

    name: str
    values: tuple[float, ...]
    words: str = ""


def stacked(bars: Sequence[Bar], series: Sequence[str], label: str) -> str:
    """Bars below each other, each of several pieces.

    Args:
        bars: at least one.
        series: what the pieces are.
        label: what the chart shows, for those who cannot see it.
    """
    longest = max(sum(bar.values) for bar in bars) or 1
    scale = (WIDTH - NAMES - NUMBERS) / longest
    body = []
    for index, bar in enumerate(bars):
        top, left = index * STEP + (STEP - THICK) / 2, float(NAMES)
        middle = index * STEP + STEP / 2
        name = f"<title>{escape(bar.name)}</title>{_short(bar.name)}"
        body.append(f'<text class="name" x="{NAMES - 10}" y="{middle}">{name}</text>')
        for number, value in enumerate(bar.values):
            if value:
                told = escape(f"{bar.name}, {series[number]}: {value:,g}")
                body.append(
                    f'<rect class="s{number}" x="{left:.1f}" y="{top}" width="{value * scale:.1f}" height="{THICK}">'
                    f"<title>{told}</title></rect>"
                )
            left += value * scale
        words = escape(bar.words or f"{sum(bar.values):,g}")
        body.append(f'<text class="value" x="{left + 8:.1f}" y="{middle}">{words}</text>')
    return _svg(body, len(bars) * STEP, label)


def columns(bars: Sequence[Bar], label: str) -> str:
    """Bars beside each other, each of one piece, with names below; at least one."""
    highest = max(bar.values[0] for bar in bars) or 1
    step = min(64, WIDTH / len(bars))
    body = []
    for index, (name, values, _) in enumerate(bars):
        tall = values[0] / highest * TALL
        middle = (index + 0.5) * step
        body.append(
            f'<rect class="s0" x="{middle - step * 0.4:.1f}" y="{TALL - tall + 20:.1f}" width="{step * 0.8:.1f}" '
            f'height="{tall:.1f}"><title>{escape(name)}: {values[0]:,g}</title></rect>'
            f'<text class="top" x="{middle:.1f}" y="{TALL - tall + 12:.1f}">{values[0]:,g}</text>'
            f'<text class="top" x="{middle:.1f}" y="{TALL + 36}">{escape(name)}</text>'
        )
    return _svg(body, TALL + 20 + FOOT, label)


def _svg(body: Sequence[str], height: float, label: str) -> str:
    drawn = "\n".join(body)
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">\n{drawn}\n</svg>'


def _short(name: str) -> str:
    return escape(name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…")
