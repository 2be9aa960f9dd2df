"""Colours that are easy to tell apart."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

from mattebox.label.dataset import Color, Label

__all__ = ["colors_of", "distinct"]

GOLDEN = 0.6180339887498949
"""A step around the colour wheel by the golden ratio never comes near where it has been for long."""
LEVELS = ((0.62, 0.85), (0.45, 0.75), (0.78, 0.7))
"""Lightness and saturation, taken in turn."""


def distinct(index: int) -> Color:
    """A colour for a number; those of numbers that follow each other are far apart.

    Example:
        >>> distinct(0), distinct(1)
        ((240, 76, 76), (29, 79, 201))
    """
    lightness, saturation = LEVELS[index % len(LEVELS)]
    red, green, blue = colorsys.hls_to_rgb(index * GOLDEN % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def colors_of(labels: Iterable[Label]) -> dict[str, Color]:
    """A colour for every label by its name: its own, or else one that is not yet taken."""
    known = list(labels)
    taken = {label.color for label in known}
    free = (color for color in map(distinct, range(len(known) + len(taken))) if color not in taken)
    return {label.name: label.color or next(free) for label in known}
