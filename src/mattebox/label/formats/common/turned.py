"""Rectangles that are told by their corners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Turned", "turned_rectangle"]


class Turned(NamedTuple):
    """A rectangle before it is turned, and by how much.

    Attributes:
        points: left, top, right, bottom.
        rotation: degrees about its centre, clockwise as seen, from 0 to 360.
    """

    points: tuple[float, float, float, float]
    rotation: float


def turned_rectangle(corners: Sequence[float], tolerance: float = 0.02) -> Turned | None:
    """The rectangle with four corners, its first one the top left before it is turned; None when they make none.

    Args:
        corners: x, y of four corners in turn.
        tolerance: share of the longer diagonal by which corners may be off.

    Example:
        >>> turned_rectangle((3, 1, 3, 3, -1, 3, -1, 1))
        Turned(points=(0.0, 0.0, 2.0, 4.0), rotation=90.0)
    """
    if len(corners) != 8 or not all(map(math.isfinite, corners)):
        return None
    a, b, c, d = zip(corners[::2], corners[1::2], strict=True)
    slack = tolerance * max(math.dist(a, c), math.dist(b, d))
    middles = ((a[0] + c[0]) / 2, (a[1] + c[1]) / 2), ((b[0] + d[0]) / 2, (b[1] + d[1]) / 2)
    # Diagonals that halve each other make a parallelogram; when they are of one length too, it is a rectangle.
    if math.dist(*middles) > slack or abs(math.dist(a, c) - math.dist(b, d)) > slack or slack == 0:
        return None
    across, down = (math.dist(a, b) + math.dist(d, c)) / 2, (math.dist(a, d) + math.dist(b, c)) / 2
    x, y = (sum(values) / 4 for values in (corners[::2], corners[1::2]))
    rotation = round(math.degrees(math.atan2(b[1] - a[1] + c[1] - d[1], b[0] - a[0] + c[0] - d[0])) % 360, 9)
    clockwise = (b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0]) > 0
    if not clockwise:  # the corners go round the other way: begin with the other end of the first side
        rotation = (rotation + 180) % 360
    return Turned((x - across / 2, y - down / 2, x + across / 2, y + down / 2), rotation)
